"""Make the files of this folder and expected.json with h5py 3.7 (libhdf5 1.10.8): python3 make-fixtures.py

The same tree three times: for every library ("earliest"), as the 1.8 format ("v108") and as the 1.10 format ("v110").
"""
import json
import os

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5o, h5p, h5s, h5t

ORDER = {h5t.ORDER_LE: "le", h5t.ORDER_BE: "be"}
NORM = {h5t.NORM_NONE: "none", h5t.NORM_MSBSET: "msb-set", h5t.NORM_IMPLIED: "implied"}
PADDING = {h5t.STR_NULLTERM: "null-terminated", h5t.STR_NULLPAD: "null-padded", h5t.STR_SPACEPAD: "space-padded"}
CHARSET = {h5t.CSET_ASCII: "ascii", h5t.CSET_UTF8: "utf-8"}


def describe(t):
    """A datatype as the library's own query functions see it."""
    kind, size = t.get_class(), t.get_size()
    if kind == h5t.INTEGER:
        return dict(kind="integer", size=size, order=ORDER[t.get_order()], precision=t.get_precision(),
                    offset=t.get_offset(), padding=list(t.get_pad()), signed=t.get_sign() == h5t.SGN_2)
    if kind == h5t.BITFIELD:
        order = "be" if t.equal(h5t.STD_B16BE) else "le"  # h5py has no queries for bitfields
        return dict(kind="bitfield", size=size, order=order, precision=8 * size, offset=0, padding=[0, 0])
    if kind == h5t.FLOAT:
        sign, epos, esize, mpos, msize = t.get_fields()
        return dict(kind="float", size=size, order=ORDER[t.get_order()], precision=t.get_precision(),
                    offset=t.get_offset(), sign=sign, exponent=[epos, esize], mantissa=[mpos, msize], bias=t.get_ebias(),
                    normalization=NORM[t.get_norm()], padding=[*t.get_pad(), t.get_inpad()])
    if kind == h5t.TIME:
        return dict(kind="time", size=size, order="le", precision=32)
    if kind == h5t.STRING:
        text = dict(padding=PADDING[t.get_strpad()], charset=CHARSET[t.get_cset()])
        if t.is_variable_str():  # the size asked for is that in memory
            return dict(kind="string", size=16, length="variable", **text)
        return dict(kind="string", size=size, length=size, **text)
    if kind == h5t.OPAQUE:
        return dict(kind="opaque", size=size, tag=t.get_tag().decode())
    if kind == h5t.COMPOUND:
        members = [dict(name=t.get_member_name(i).decode(), offset=t.get_member_offset(i), datatype=describe(t.get_member_type(i)))
                   for i in range(t.get_nmembers())]
        return dict(kind="compound", size=size, members=members)
    if kind == h5t.REFERENCE:
        return dict(kind="reference", size=size, to="object" if t.equal(h5t.STD_REF_OBJ) else "region", revised=False)
    if kind == h5t.ENUM:
        members = [dict(name=t.get_member_name(i).decode(), value=int(t.get_member_value(i))) for i in range(t.get_nmembers())]
        boolean = size == 1 and {(m["name"], m["value"]) for m in members} == {("FALSE", 0), ("TRUE", 1)}
        return dict(kind="enum", size=size, base=describe(t.get_super()), members=members, boolean=boolean)
    if kind == h5t.VLEN:
        return dict(kind="vlen", size=size, base=describe(t.get_super()))
    if kind == h5t.ARRAY:
        return dict(kind="array", size=size, base=describe(t.get_super()), shape=list(t.get_array_dims()))
    raise ValueError(kind)


def string(length, padding, charset):
    t = h5t.C_S1.copy()
    t.set_size(length)
    t.set_strpad(padding)
    t.set_cset(charset)
    return t


def integer(base, precision, offset, size=None, padding=None):
    t = base.copy()
    t.set_precision(precision)
    t.set_offset(offset)
    if size is not None:
        t.set_size(size)
    if padding is not None:
        t.set_pad(*padding)
    return t


def enum(base, members):
    t = h5t.enum_create(base)
    for name, value in members:
        t.enum_insert(name.encode(), value)
    return t


def compound(size, members):
    t = h5t.create(h5t.COMPOUND, size)
    for name, offset, member in members:
        t.insert(name.encode(), offset, member)
    return t


def opaque(size, tag):
    t = h5t.create(h5t.OPAQUE, size)
    t.set_tag(tag.encode())
    return t


def odd_float():
    t = h5t.IEEE_F32BE.copy()
    t.set_fields(19, 13, 6, 0, 13)
    t.set_precision(20)
    t.set_size(3)
    t.set_ebias(31)
    t.set_inpad(h5t.PAD_ONE)
    t.set_norm(h5t.NORM_MSBSET)
    return t


def types():
    small = compound(12, [("x", 0, h5t.IEEE_F32LE), ("y — ü", 4, h5t.IEEE_F32BE), ("gap before me", 10, h5t.STD_I16LE)])
    nested = compound(300, [("small", 0, small), ("matrix", 16, h5t.array_create(h5t.STD_I32LE, (3, 4))),
                            ("text", 70, string(20, h5t.STR_SPACEPAD, h5t.CSET_ASCII)), ("last", 292, h5t.STD_U64LE)])
    return {
        **{f"int {s * 8}": getattr(h5t, f"STD_I{s * 8}LE") for s in (1, 2, 4, 8)},
        **{f"uint {s * 8}": getattr(h5t, f"STD_U{s * 8}BE") for s in (1, 2, 4, 8)},
        "int 24 of 32 bits": integer(h5t.STD_I32LE, 24, 4),
        "int 3 bytes": integer(h5t.STD_U32BE, 17, 2, size=3, padding=(1, 1)),
        "float 16": h5t.IEEE_F16LE,
        "float 32": h5t.IEEE_F32LE,
        "float 64": h5t.IEEE_F64BE,
        "float odd": odd_float(),
        "time": h5t.UNIX_D32LE,
        **{f"string {p} {c}": string(p * 5 + 1, p, c) for p in (0, 1, 2) for c in (0, 1)},
        "variable ascii": string(h5t.VARIABLE, h5t.STR_NULLTERM, h5t.CSET_ASCII),
        "variable utf-8, space-padded": string(h5t.VARIABLE, h5t.STR_SPACEPAD, h5t.CSET_UTF8),
        "bitfield": h5t.STD_B16BE,
        "bitfield 64": h5t.STD_B64LE,
        "opaque": opaque(7, "12345678"),
        "opaque without tag": opaque(1, ""),
        "compound": small,
        "compound nested": nested,
        "compound large": compound(70000, [("at the end", 69999, h5t.STD_I8LE)]),
        "reference": h5t.STD_REF_OBJ,
        "region": h5t.STD_REF_DSETREG,
        "boolean": enum(h5t.STD_I8LE, [("FALSE", 0), ("TRUE", 1)]),
        "enum": enum(h5t.STD_I16BE, [("minus", -2), ("eight by", 300), ("a name of 17 char", 7)]),
        "enum 64": enum(h5t.STD_I64LE, [("least", -(2 ** 63)), ("most", 2 ** 63 - 1)]),
        "array": h5t.array_create(h5t.STD_I16LE, (2, 3, 5)),
        "array of arrays": h5t.array_create(h5t.array_create(h5t.IEEE_F64LE, (2,)), (3,)),
        "vlen": h5t.vlen_create(h5t.STD_I32LE),
        "vlen of vlen of compound": h5t.vlen_create(h5t.vlen_create(small)),
    }


def spaces():
    unlimited = h5s.UNLIMITED
    return {
        "null": (h5s.create(h5s.NULL), dict(kind="null")),
        "scalar": (h5s.create(h5s.SCALAR), dict(kind="scalar")),
        "fixed": (h5s.create_simple((2, 3)), dict(kind="simple", shape=[2, 3], maxShape=[2, 3])),
        "limited": (h5s.create_simple((2, 3), (4, 3)), dict(kind="simple", shape=[2, 3], maxShape=[4, 3])),
        "unlimited": (h5s.create_simple((0, 3), (unlimited, 7)), dict(kind="simple", shape=[0, 3], maxShape=["Infinity", 7])),
        "rank 32": (h5s.create_simple((1,) * 32), dict(kind="simple", shape=[1] * 32, maxShape=[1] * 32)),
    }


def datasets(file):
    """Name → (space, creation properties) and what the messages shall say."""
    made = {}

    def make(name, space, expected, **settings):
        dcpl = h5p.create(h5p.DATASET_CREATE)
        dcpl.set_obj_track_times(False)
        for setting, value in settings.items():
            getattr(dcpl, setting)(*value)
        d = h5d.create(file.id, name.encode(), h5t.STD_I32LE, space, dcpl)
        made[name] = expected
        return d

    flat = h5s.create_simple((4, 6), (4, 6))
    growing = h5s.create_simple((4, 6), (h5s.UNLIMITED, 6))
    one = np.array(-7, "<i4")
    d = make("compact", flat, dict(layout="compact", fill=["default", "ifset", "early"]), set_layout=(h5d.COMPACT,))
    d.write(h5s.ALL, h5s.ALL, np.arange(24, dtype="<i4"))
    make("contiguous", flat, dict(layout="contiguous", fill=["default", "ifset", "late"]))
    make("contiguous early", flat, dict(layout="contiguous", fill=["user", "alloc", "early", "f9ffffff"]),
         set_alloc_time=(h5d.ALLOC_TIME_EARLY,), set_fill_time=(h5d.FILL_TIME_ALLOC,), set_fill_value=(one,))
    chunks = dict(set_chunk=((2, 5),))
    make("chunked", growing, dict(layout="chunked", chunkShape=[2, 5], fill=["user", "never", "incremental", "f9ffffff"]),
         **chunks, set_fill_time=(h5d.FILL_TIME_NEVER,), set_fill_value=(one,))
    make("filtered", growing, dict(layout="chunked", chunkShape=[2, 5], fill=["default", "ifset", "late"],
                                   filters=[[2, True, [4]], [1, True, [6]], [3, False, []]]),
         **chunks, set_alloc_time=(h5d.ALLOC_TIME_LATE,), set_shuffle=(), set_deflate=(6,), set_fletcher32=())
    make("lzf", growing, dict(layout="chunked", chunkShape=[2, 5], filters=[[32000, True, [4, 261, 40], "lzf"]]),
         **chunks, set_filter=(32000, h5py.h5z.FLAG_OPTIONAL))
    make("external", flat, dict(layout="contiguous", external=[[8, 96]]), set_external=(b"a.bin", 8, 96))
    return made


def make(path, low, high):
    fapl = h5p.create(h5p.FILE_ACCESS)
    fapl.set_libver_bounds(low, high)
    fcpl = h5p.create(h5p.FILE_CREATE)
    fcpl.set_link_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    file = h5py.File(h5f.create(path.encode(), h5f.ACC_TRUNC, fcpl, fapl))
    expected = dict(types={}, attributes={}, datasets={}, links={})

    folder = file.create_group("types")
    committed = {}
    for name, t in types().items():
        tid = t.copy()
        expected["types"][name] = describe(tid)
        tid.commit(folder.id, name.encode())
        committed[name] = tid

    holder = file.create_group("attributes")
    for name, t in types().items():
        h5a.create(holder.id, f"of {name}".encode(), t, h5s.create(h5s.SCALAR))
        expected["attributes"][f"of {name}"] = dict(type=name, space=dict(kind="scalar"))
        if len(expected["attributes"]) == 6:
            break
    for name, (space, shown) in spaces().items():
        h5a.create(holder.id, f"{name} ü".encode(), h5t.STD_U8LE, space)
        expected["attributes"][f"{name} ü"] = dict(type=None, space=shown)
    few = file.create_group("few")
    a = h5a.create(few.id, b"committed", committed["compound"], h5s.create_simple((2,)))
    a.write(np.array([(1.5, 2.5, 3), (4.5, 5.5, 6)], dtype=a.dtype))
    h5a.create(few.id, b"values", h5t.STD_I16LE, h5s.create_simple((3,))).write(np.array([1, -2, 3], "<i2"))

    expected["datasets"] = datasets(file)

    gcpl = h5p.create(h5p.GROUP_CREATE)
    gcpl.set_link_creation_order(h5p.CRT_ORDER_TRACKED)
    gcpl.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    links = h5py.Group(h5g.create(file.id, b"links", gcpl=gcpl))
    links["hard"] = file["few"]
    links["söft"] = h5py.SoftLink("/nowhere/ü")
    links["external"] = h5py.ExternalLink("other.h5", "/path/to it")
    links["x" * 300] = h5py.SoftLink("long name")
    for i in range(3):
        links.attrs[f"attribute {i}"] = i
    expected["links"] = {
        "hard": dict(kind="hard", creationOrder=0, charset="ascii"),
        "söft": dict(kind="soft", target="/nowhere/ü", creationOrder=1, charset="utf-8"),
        "external": dict(kind="external", file="other.h5", target="/path/to it", creationOrder=2, charset="ascii"),
        "x" * 300: dict(kind="soft", target="long name", creationOrder=3, charset="ascii"),
    }
    h5o.set_comment(file["few"].id, b"a comment")
    order = h5p.create(h5p.DATASET_CREATE)
    order.set_attr_phase_change(12, 4)
    h5d.create(file.id, b"phase change", h5t.STD_I8LE, h5s.create(h5s.SCALAR), order)
    file.close()
    return expected


os.chdir(os.path.dirname(os.path.abspath(__file__)))
LIBVER = h5f.LIBVER_EARLIEST, h5f.LIBVER_V18, h5f.LIBVER_LATEST
made = {
    "earliest.h5": make("earliest.h5", LIBVER[0], LIBVER[2]),
    "v108.h5": make("v108.h5", LIBVER[1], LIBVER[2]),
    "v110.h5": make("v110.h5", LIBVER[2], LIBVER[2]),
}
assert made["earliest.h5"] == made["v108.h5"] == made["v110.h5"]
with open("expected.json", "w") as out:
    json.dump(made["v108.h5"], out, indent=1, ensure_ascii=False)
