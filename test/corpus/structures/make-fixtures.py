"""Make the files of this folder and expected.json with h5py 3.7 (libhdf5 1.10.8): python3 make-fixtures.py

What h5py has no call for is asked of the same library through ctypes.
"""
import ctypes
import json
import os

import h5py
import numpy as np
from h5py import h5f, h5p

LIB = ctypes.CDLL("libhdf5_serial.so.103")  # the one h5py has loaded
HERE = os.path.dirname(os.path.abspath(__file__))


def call(name, *args):
    function = getattr(LIB, name)
    function.restype = ctypes.c_int64
    if function(*args) < 0:
        raise RuntimeError(name)


def hid(identifier):
    return ctypes.c_int64(identifier.id)


def create(name, prepare=None, libver="v110"):
    fcpl = h5p.create(h5p.FILE_CREATE)
    if prepare:
        prepare(hid(fcpl))
    fapl = h5p.create(h5p.FILE_ACCESS)
    bounds = {"earliest": h5f.LIBVER_EARLIEST, "v18": h5f.LIBVER_V18, "v110": h5f.LIBVER_V110}
    fapl.set_libver_bounds(bounds[libver], h5f.LIBVER_V110)
    fid = h5f.create(os.path.join(HERE, name).encode(), h5f.ACC_TRUNC, fcpl, fapl)
    return h5py.File(fid)


DATASPACE, DATATYPE, FILL, PIPELINE, ATTRIBUTE = 1 << 1, 1 << 3, 1 << 5, 1 << 11, 1 << 12
U = ctypes.c_uint


def shared(indexes, longest_list, shortest_btree):
    def prepare(fcpl):
        call("H5Pset_shared_mesg_nindexes", fcpl, U(len(indexes)))
        for i, (types, size) in enumerate(indexes):
            call("H5Pset_shared_mesg_index", fcpl, U(i), U(types), U(size))
        call("H5Pset_shared_mesg_phase_change", fcpl, U(longest_list), U(shortest_btree))
    return prepare


def fill_shared(f):
    kind = np.dtype([("a", "<i4"), ("b", "<f8", (3,))])
    f["kind"] = np.dtype([("x", "<u2"), ("y", ">f4")])
    for i in range(6):
        d = f.create_dataset(f"d{i}", (4, 5), dtype=kind if i % 2 else "<i4", chunks=(2, 5), compression="gzip",
                             fillvalue=None if i % 2 else 7)
        if i % 2:
            d[:, :] = np.full((4, 5), i, dtype="<i4").astype(kind) if False else np.array(
                [[(10 * i + r, (c, c + 0.5, i)) for c in range(5)] for r in range(4)], dtype=kind)
        else:
            d[:2] = i
        d.attrs["unit"] = "volts"
        d.attrs["scale"] = np.arange(5.0)
        d.attrs.create("pair", np.array((3, 1.5), f["kind"].dtype), dtype=f["kind"])
    many = f.create_group("many")
    for i in range(12):  # dense attributes, some of them shared
        many.attrs[f"same{i % 3}-{i}"] = np.arange(4)
    for g in ("g1", "g2"):
        for i in range(12):
            f.require_group(g).attrs[f"common{i}"] = f"text {i}"


def content(f):
    found = {}

    def of(value):
        if isinstance(value, np.ndarray) and value.dtype.names:
            return [[of(row[n]) for n in value.dtype.names] for row in value.reshape(-1)]
        if isinstance(value, np.void):
            return [of(value[n]) for n in value.dtype.names]
        return value.tolist() if hasattr(value, "tolist") else value

    def visit(name, item):
        entry = dict(attrs={k: of(v) for k, v in item.attrs.items()})
        if isinstance(item, h5py.Dataset):
            entry["value"] = of(item[()])
        found[name] = entry
    f.visititems(visit)
    return found


expected = {}
ALL = DATASPACE | DATATYPE | FILL | PIPELINE | ATTRIBUTE
for name, prepare, libver in [
    ("shared-list.h5", shared([(DATASPACE | DATATYPE, 0), (FILL | PIPELINE | ATTRIBUTE, 0)], 100, 50), "v110"),
    ("shared-btree.h5", shared([(ALL, 16)], 0, 0), "v18"),
    ("shared-old.h5", shared([(DATATYPE, 8), (ATTRIBUTE, 20)], 8, 4), "earliest"),
]:
    with create(name, prepare, libver) as f:
        fill_shared(f)
    with h5py.File(os.path.join(HERE, name), "r") as f:
        expected[name] = content(f)

# A group whose heap is compressed: managed objects in direct blocks below an indirect one, and huge ones.
with create("filtered-heap.h5") as f:
    for name, links, huge in [("root-block", 20, 0), ("indirect", 400, 2), ("huge", 12, 3)]:
        gcpl = h5p.create(h5p.GROUP_CREATE)
        gcpl.set_link_creation_order(h5p.CRT_ORDER_TRACKED)
        call("H5Pset_shuffle", hid(gcpl))
        call("H5Pset_deflate", hid(gcpl), U(6))
        call("H5Pset_fletcher32", hid(gcpl))
        group = h5py.Group(h5py.h5g.create(f.id, name.encode(), gcpl=gcpl))
        for i in range(links):
            group[f"link {i}"] = h5py.SoftLink(f"/target/{i}/" + "x" * (i % 90))
        for i in range(huge):
            group[f"long {i}"] = h5py.SoftLink(f"/{i}" + "long" * (1200 + i))
    expected["filtered-heap.h5"] = {
        g: {k: f[g].get(k, getlink=True).path for k in f[g]} for g in ("root-block", "indirect", "huge")
    }

with open(os.path.join(HERE, "expected.json"), "w") as out:
    json.dump(expected, out, indent=0)
