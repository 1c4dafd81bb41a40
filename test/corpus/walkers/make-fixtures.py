"""Makes the fixtures of the walkers' tests: h5py 3.7 over libhdf5 1.10.8. Run in this folder.

Each file is small and reaches one way in which HDF5 indexes things; `expected.json` says what is in it, as h5py saw it.
Sizes are the least that reach the structure named.
"""
import ctypes
import json
import os
import subprocess

import h5py
import numpy as np

# h5py does not expose the B-tree K values; the library it has loaded does.
maps = open("/proc/self/maps").read().split()
LIB = ctypes.CDLL(next(p for p in maps if "libhdf5" in p and "_hl" not in p))
LIB.H5Pset_sym_k.argtypes = [ctypes.c_int64, ctypes.c_uint, ctypes.c_uint]
LIB.H5Pset_istore_k.argtypes = [ctypes.c_int64, ctypes.c_uint]

expected = {}


def create(name, libver="earliest", sym_k=None, istore_k=None):
    fcpl = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    fapl = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    if libver == "latest":
        fapl.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    else:
        fapl.set_libver_bounds(h5py.h5f.LIBVER_EARLIEST, h5py.h5f.LIBVER_LATEST)
    if sym_k:
        assert LIB.H5Pset_sym_k(fcpl.id, *sym_k) >= 0
    if istore_k:
        assert LIB.H5Pset_istore_k(fcpl.id, istore_k) >= 0
    return h5py.File(h5py.h5f.create(name.encode(), fcpl=fcpl, fapl=fapl))


def chunks_of(dataset):
    found = []
    for i in range(dataset.id.get_num_chunks()):
        c = dataset.id.get_chunk_info(i)
        found.append([list(map(int, c.chunk_offset)), int(c.byte_offset), int(c.size), int(c.filter_mask)])
    return sorted(found)


def links_of(group):
    out = {}
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink):
            out[name] = {"soft": link.path}
        elif isinstance(link, h5py.ExternalLink):
            out[name] = {"external": [link.filename, link.path]}
        else:
            out[name] = {"hard": int(h5py.h5o.get_info(group[name].id).addr)}
    return out


def note(name, reopen=True):
    with h5py.File(name, "r") as f:
        entry = {"groups": {}, "datasets": {}, "attributes": {}}

        def visit(path, obj):
            address = int(h5py.h5o.get_info(obj.id).addr)
            if isinstance(obj, h5py.Group):
                entry["groups"][path] = {"address": address, "links": links_of(obj)}
            elif obj.chunks:
                entry["datasets"][path] = {
                    "address": address,
                    "shape": list(obj.shape),
                    "maxShape": list(obj.maxshape),
                    "chunkShape": list(obj.chunks),
                    "elementSize": obj.dtype.itemsize,
                    "filtered": obj.id.get_create_plist().get_nfilters() > 0,
                    "chunks": chunks_of(obj),
                }
            if len(obj.attrs):
                entry["attributes"][path] = {k: np.asarray(v).tolist() for k, v in obj.attrs.items()}

        visit("/", f["/"])
        f.visititems(visit)
    expected[name] = entry


# Old groups: three levels of B-tree and several heap segments' worth of names; soft links; an emptied group.
with create("old-group.h5", sym_k=(2, 2)) as f:
    g = f.create_group("g")
    for i in range(40):
        g.create_group(f"name of link {i * 7 % 40:02}")
    for i in range(10):
        g[f"soft {i}"] = h5py.SoftLink(f"/g/name of link {i:02}")
    e = f.create_group("emptied")
    for i in range(20):
        e.create_group(f"x{i}")
    for i in range(20):
        del e[f"x{i}"]
    f.create_group("empty")
note("old-group.h5")

# Dense groups: one direct block; an indirect root block and a name index of two levels; every kind of link.
with create("dense-group.h5", "latest") as f:
    g = f.create_group("small", track_order=True)
    a = f.create_dataset("a", data=1)
    for i in range(10):
        g[f"hard {i}"] = a
    g["soft"] = h5py.SoftLink("/a")
    g["external"] = h5py.ExternalLink("other.h5", "/b")
    g["ünï"] = a
    m = f.create_group("middle")
    for i in range(300):
        m[f"link number {i}"] = h5py.SoftLink("/a")
note("dense-group.h5")

# Dense attributes: ordinary ones and huge ones (above 4,096 bytes).
with create("dense-attributes.h5", "latest") as f:
    d = f.create_dataset("d", data=0)
    for i in range(12):
        d.attrs[f"attribute {i}"] = np.int32(i)
    for i in range(2):
        d.attrs[f"huge {i}"] = np.arange(i, i + 1500, dtype="<i4")
note("dense-attributes.h5")

# v1 B-tree of chunks, three levels (K = 2), written in an order that closes the tree with libhdf5's odd last key.
with create("chunks-v1.h5", istore_k=2) as f:
    rng = np.random.default_rng(1)
    d = f.create_dataset("random", (40, 9), "<i2", chunks=(4, 2), maxshape=(None, None))
    cells = [(r, c) for r in range(10) for c in range(5)]
    for k in rng.permutation(len(cells)):
        r, c = cells[k]
        if (r * 5 + c) % 7 != 3:
            d[r * 4 : r * 4 + 4, c * 2 : c * 2 + 2] = k
    line = f.create_dataset("backwards", (60,), "<i4", chunks=(2,), maxshape=(None,))
    for i in reversed(range(30)):
        line[2 * i : 2 * i + 2] = i
    diagonal = f.create_dataset("diagonal", (20, 20), "<i4", chunks=(2, 2))
    for i in range(10):
        diagonal[2 * i, 2 * i] = i
    filtered = f.create_dataset("filtered", (100,), "<i4", chunks=(10,), compression="gzip", data=np.arange(100))
    skipped = filtered.id
    skipped.write_direct_chunk((20,), np.arange(10, dtype="<i4").tobytes(), 1)
    f.create_dataset("never written", (100,), "<i4", chunks=(10,))
note("chunks-v1.h5")

# The indexes of layout version 4.
with create("chunks-v4.h5", "latest") as f:
    def early(name, shape, chunks):
        dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        dcpl.set_chunk(chunks)
        dcpl.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        h5py.h5d.create(f.id, name.encode(), h5py.h5t.STD_I32LE, h5py.h5s.create_simple(shape), dcpl)

    early("implicit", (9, 5), (2, 2))
    for suffix, options in (("", {}), (" filtered", {"compression": "gzip"})):
        f.create_dataset("single" + suffix, data=np.arange(12, dtype="<i4").reshape(3, 4), chunks=(3, 4), **options)
        fixed = f.create_dataset("fixed" + suffix, (20, 7), "<i4", chunks=(3, 2), maxshape=(31, 7), **options)
        fixed[2:14, 1:5] = 1
        paged = f.create_dataset("fixed paged" + suffix, (3000,), "u1", chunks=(1,), **options)
        paged[5] = paged[1023] = paged[1024] = paged[2999] = 1
        ea = f.create_dataset("extensible" + suffix, (700, 3), "u1", chunks=(1, 2), maxshape=(None, 3), **options)
        ea[0:30] = 1
        ea[300] = ea[699] = 2
        ea = f.create_dataset("extensible second" + suffix, (4, 40, 6), "u1", chunks=(2, 1, 4), maxshape=(4, None, 6), **options)
        ea[1, 3:9] = 1
        ea[3, 39] = 2
        tree = f.create_dataset("tree" + suffix, (40, 40), "u1", chunks=(2, 4), maxshape=(None, None), **options)
        tree[3:37, 2:39] = 1
    # Data blocks with pages come with the 14th super block, from element 131,060 on.
    paged = f.create_dataset("extensible paged", (140_000,), "u1", chunks=(1,), maxshape=(None,))
    paged[131_061] = paged[132_090] = paged[135_200] = 1
note("chunks-v4.h5")

for name in expected:
    print(name, os.path.getsize(name))
json.dump(expected, open("expected.json", "w"), indent=None, separators=(",", ":"))
