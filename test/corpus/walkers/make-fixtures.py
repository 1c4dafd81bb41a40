"""Makes the fixtures of the walkers' tests: h5py 3.7 over libhdf5 1.10.8. Run in this folder.

Each file is small and reaches one way in which HDF5 indexes things. `expected.json` says what is in it: the contents as
h5py sees them, and the addresses that object headers name (read here by a few lines of Python, so that a walker can be
tested without the object header decoder). Sizes are the least that reach the structure named.
"""
import ctypes
import json
import os

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


def uint(b, at, size):
    return int.from_bytes(b[at : at + size], "little")


def addr(b, at):
    value = uint(b, at, 8)
    return None if value == 2**64 - 1 else value


def messages(b, at):
    """(type, body) of all messages of an object header, version 1 or 2."""
    v2 = b[at : at + 4] == b"OHDR"
    if v2:
        flags = b[at + 5]
        p = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
        width = 1 << (flags & 3)
        blocks = [(p + width, p + width + uint(b, p, width))]
        prefix, order = 4, 2 if flags & 4 else 0
    else:
        blocks = [(at + 16, at + 16 + uint(b, at + 8, 4))]
        prefix, order = 8, 0
    for p, end in blocks:
        while p + prefix <= end:
            kind, size = (b[p], uint(b, p + 1, 2)) if v2 else (uint(b, p, 2), uint(b, p + 2, 2))
            p += prefix + order
            body = b[p : p + size]
            if kind == 0x10:
                start, length = uint(body, 0, 8), uint(body, 8, 8)
                blocks.append((start + 4, start + length - 4) if v2 else (start, start + length))
            yield kind, body
            p += size


def layout(body):
    version = body[0]
    if version == 3:
        n = body[2]
        dims = [uint(body, 11 + 4 * i, 4) for i in range(n)]
        index = {"kind": "btree-v1", "address": addr(body, 3)}
    else:
        flags, n, width = body[2:5]
        dims = [uint(body, 5 + width * i, width) for i in range(n)]
        p = 5 + width * n
        kind = ["single", "implicit", "fixed-array", "extensible-array", "btree-v2"][body[p] - 1]
        index = {"kind": kind}
        p += 1
        if kind == "single" and flags & 2:
            index |= {"filteredSize": uint(body, p, 8), "filterMask": uint(body, p + 8, 4)}
            p += 12
        p += {"fixed-array": 1, "extensible-array": 5, "btree-v2": 6}.get(kind, 0)
        index["address"] = addr(body, p)
    return {"layoutVersion": version, "chunkShape": dims[:-1], "elementSize": dims[-1], "index": index}


def chunks_of(dataset, b):
    found = []
    filtered = dataset.id.get_create_plist().get_nfilters() > 0
    for i in range(dataset.id.get_num_chunks()):
        c = dataset.id.get_chunk_info(i)
        offset = list(map(int, c.chunk_offset))
        if "second" in dataset.name:
            # Of an extensible array whose unlimited dimension is not the first, libhdf5 1.10.8 lists chunks as though
            # it were (H5Dearray.c: H5D__earray_idx_iterate_cb). Here 4 chunks (2 x 2) have one unlimited coordinate.
            number = offset[1] * 2 + offset[2] // 4
            offset = [number // 2 % 2 * 2, number // 4, number % 2 * 4]
        if not filtered:
            part = dataset[tuple(slice(o, o + s) for o, s in zip(offset, dataset.chunks))]
            whole = np.zeros(dataset.chunks, dataset.dtype)
            whole[tuple(slice(0, n) for n in part.shape)] = part
            stored = np.frombuffer(b, dataset.dtype, whole.size, c.byte_offset).reshape(whole.shape)
            assert (stored[tuple(slice(0, n) for n in part.shape)] == part).all(), (dataset.name, offset)
        found.append([offset, int(c.byte_offset), int(c.size), int(c.filter_mask)])
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


def note(name):
    entry = expected[name] = {}
    b = open(name, "rb").read()
    with h5py.File(name, "r") as f:

        def visit(path, obj):
            address = int(h5py.h5o.get_info(obj.id).addr)
            found = {"address": address}
            for kind, body in messages(b, address):
                if kind == 0x11:
                    found["symbolTable"] = [addr(body, 0), addr(body, 8)]
                elif kind in (0x02, 0x15):
                    p = 2 + ((8 if kind == 2 else 2) if body[1] & 1 else 0)
                    if addr(body, p) is not None:
                        found["dense links" if kind == 2 else "dense attributes"] = [addr(body, p), addr(body, p + 8)]
                elif kind == 0x08 and body[1] == 2:
                    found |= layout(body)
            if isinstance(obj, h5py.Group):
                found["links"] = links_of(obj)
            elif obj.chunks:
                found["shape"] = list(obj.shape)
                found["maxShape"] = list(obj.maxshape)
                found["filtered"] = obj.id.get_create_plist().get_nfilters() > 0
                found["chunks"] = chunks_of(obj, b)
            if len(obj.attrs):
                found["attributes"] = {k: np.asarray(v).tolist() for k, v in obj.attrs.items()}
            if set(found) - {"address", "links", "symbolTable"} or found.get("links") or path in ("empty", "emptied"):
                entry[path] = found

        visit("/", f["/"])
        f.visititems(visit)


# Old groups: three levels of B-tree; soft links; a group emptied again; an empty one.
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
    # The last two keys of its only leaf differ in the element's dimension alone.
    pair = f.create_dataset("odd last key", (20, 20), "<i4", chunks=(2, 2))
    pair[0, 0] = pair[2, 2] = 1
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
