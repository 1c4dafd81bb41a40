"""What h5py and h5dump find in an HDF5 file, in a form in which two files can be compared."""
import re
import subprocess

import h5py
import numpy as np
from h5py import h5a, h5d, h5g, h5s, h5t


def family(path):
    """Open a plain file, or a family when the name holds a pattern: the member size is that of member 0 or stored."""
    if "%" not in str(path):
        return h5py.File(path, "r")
    return h5py.File(path, "r", driver="family", memb_size=0)


def type_text(tid):
    """A datatype as text: class, size, order, character set, padding, members."""
    cls = tid.get_class()
    if cls == h5t.STRING:
        size = "variable" if tid.is_variable_str() else tid.get_size()
        cset = "utf-8" if tid.get_cset() == h5t.CSET_UTF8 else "ascii"
        pad = {h5t.STR_NULLTERM: "null-terminated", h5t.STR_NULLPAD: "null-padded", h5t.STR_SPACEPAD: "space-padded"}
        return f"string {size} {cset} {pad[tid.get_strpad()]}"
    if cls in (h5t.INTEGER, h5t.FLOAT, h5t.BITFIELD):
        name = {h5t.INTEGER: "int", h5t.FLOAT: "float", h5t.BITFIELD: "bitfield"}[cls]
        sign = "u" if cls == h5t.INTEGER and tid.get_sign() == h5t.SGN_NONE else ""
        order = "be" if tid.get_order() == h5t.ORDER_BE else "le"
        return f"{sign}{name}{8 * tid.get_size()}{order}"
    if cls == h5t.REFERENCE:
        return "region reference" if tid.equal(h5t.STD_REF_DSETREG) else "object reference"
    if cls == h5t.ENUM:
        members = [(tid.get_member_name(i).decode(), tid.get_member_value(i)) for i in range(tid.get_nmembers())]
        return f"enum {type_text(tid.get_super())} {members}"
    if cls == h5t.COMPOUND:
        members = [f"{tid.get_member_name(i).decode()}: {type_text(tid.get_member_type(i))}" for i in range(tid.get_nmembers())]
        return f"compound {{ {', '.join(members)} }}"
    if cls == h5t.VLEN:
        return f"vlen {type_text(tid.get_super())}"
    if cls == h5t.ARRAY:
        return f"array {tid.get_array_dims()} {type_text(tid.get_super())}"
    return f"class {cls} size {tid.get_size()}"


def space_text(sid):
    kind = sid.get_simple_extent_type()
    if kind == h5s.NULL:
        return "null"
    if kind == h5s.SCALAR:
        return "scalar"
    limit = tuple("unlimited" if n == h5s.UNLIMITED else n for n in sid.get_simple_extent_dims(True))
    return f"{sid.get_simple_extent_dims()} of at most {limit}"


def value_of(f, value):
    """An attribute's value as plain Python; references by the path they lead to."""
    if isinstance(value, h5py.Reference):
        return f"-> {f[value].name}" if value else "null"
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray):
        return [value_of(f, item) for item in value.ravel()]
    return value.item() if isinstance(value, np.generic) else value


def attributes(f, obj):
    found = {}
    for name in sorted(obj.attrs):
        aid = h5a.open(obj.id, name.encode())
        found[name] = (type_text(aid.get_type()), space_text(aid.get_space()), value_of(f, obj.attrs[name]))
    return found


def storage(did):
    plist = did.get_create_plist()
    layout = {h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous", h5d.CHUNKED: "chunked"}.get(plist.get_layout(), "other")
    chunk = plist.get_chunk() if layout == "chunked" else None
    filters = [(plist.get_filter(i)[0], plist.get_filter(i)[2]) for i in range(plist.get_nfilters())]
    return (layout, chunk, filters)


def structure(f):
    """Path -> what is there: kind and target of links, datatype, dataspace, storage, attributes. Links are not followed."""
    found = {"/": ("group", attributes(f, f["/"]))}

    def walk(group, at):
        for name in sorted(group):
            path = f"{at}/{name}"
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                found[path] = ("external link", link.filename, link.path)
            elif isinstance(link, h5py.SoftLink):
                found[path] = ("soft link", link.path)
            else:
                obj = group[name]
                if isinstance(obj, h5py.Group):
                    found[path] = ("group", attributes(f, obj))
                    walk(obj, path)
                else:
                    did = obj.id
                    found[path] = (
                        "dataset", type_text(did.get_type()), space_text(did.get_space()), storage(did), attributes(f, obj),
                    )

    walk(f["/"], "")
    return found


def h5dump(path):
    """The output of `h5dump -p -H` as a tree: (header line, [lines and trees])."""
    command = ["h5dump", "-p", "-H", *(["-f", "family"] if "%" in str(path) else []), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"h5dump ended with {done.returncode}")
    root = ("", [])
    stack = [root]
    for line in done.stdout.splitlines():
        text = line.strip()
        # Braces inside names do not occur in the files compared here.
        if text.endswith("{"):
            node = (text[:-1].strip(), [])
            stack[-1][1].append(node)
            stack.append(node)
        elif text == "}":
            stack.pop()
        elif text:
            stack[-1][1].append(text)
    return root


def flat(node, at=""):
    """Every line of an h5dump tree with the headers above it.

    Left out are addresses, and when fill values are written: h5py asks for FILL_TIME_ALLOC where libhdf5's own default,
    which we take, is FILL_TIME_IFSET; no reader sees a difference.
    """
    lines = []
    for child in node[1]:
        if isinstance(child, tuple):
            name = re.sub(r"\s+", " ", child[0])
            lines.append(f"{at} / {name}")
            lines.extend(flat(child, f"{at} / {name}"))
        elif not child.startswith(("OFFSET ", "FILL_TIME ")):
            lines.append(f"{at} / {re.sub(' +', ' ', child)}")
    return lines
