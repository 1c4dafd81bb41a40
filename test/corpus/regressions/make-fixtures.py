"""Make the files of this folder with h5py 3.7 (libhdf5 1.10.8): python3 make-fixtures.py

Each is the smallest file in which a bug that was fixed shows itself; index.json tells the story. Where no library writes
such a file, a sound one is changed at the place that matters, under right checksums.
"""
import ctypes
import os
import struct
import zlib

import h5py
import numpy as np
from h5py import h5d, h5f, h5p, h5s, h5t

LIB = ctypes.CDLL("libhdf5_serial.so.103")  # the one h5py has loaded
HERE = os.path.dirname(os.path.abspath(__file__))
M = 0xFFFFFFFF


def lookup3(data):
    """Jenkins' hashlittle with an initial value of 0."""
    rot = lambda x, k: ((x << k) | (x >> (32 - k))) & M
    a = b = c = (0xDEADBEEF + len(data)) & M
    padded = data + b"\0" * 12
    at, left = 0, len(data)
    while left > 12:
        x, y, z = struct.unpack_from("<III", padded, at)
        a, b, c = (a + x) & M, (b + y) & M, (c + z) & M
        a = ((a - c) ^ rot(c, 4)) & M; c = (c + b) & M
        b = ((b - a) ^ rot(a, 6)) & M; a = (a + c) & M
        c = ((c - b) ^ rot(b, 8)) & M; b = (b + a) & M
        a = ((a - c) ^ rot(c, 16)) & M; c = (c + b) & M
        b = ((b - a) ^ rot(a, 19)) & M; a = (a + c) & M
        c = ((c - b) ^ rot(b, 4)) & M; b = (b + a) & M
        at, left = at + 12, left - 12
    if left == 0:
        return c
    tail = data[at:] + b"\0" * (12 - left)
    x, y, z = struct.unpack("<III", tail)
    a, b, c = (a + x) & M, (b + y) & M, (c + z) & M
    for target, k in (("c", 14), ("a", 11), ("b", 25), ("c", 16), ("a", 4), ("b", 14), ("c", 24)):
        if target == "c":
            c = ((c ^ b) - rot(b, k)) & M
        elif target == "a":
            a = ((a ^ c) - rot(c, k)) & M
        else:
            b = ((b ^ a) - rot(a, k)) & M
    return c


def path(name):
    return os.path.join(HERE, name)


def read(name):
    return bytearray(open(path(name), "rb").read())


def write(name, data):
    assert len(data) <= 4096, (name, len(data))
    open(path(name), "wb").write(data)


def once(data, pattern, start=0):
    at = data.index(pattern, start)
    assert data.find(pattern, at + 1) < 0, pattern
    return at


def close(data, start, end):
    """Put the checksum of [start, end) right; it stands in the last four bytes."""
    struct.pack_into("<I", data, end - 4, lookup3(bytes(data[start : end - 4])))


def new(name, libver="earliest", small_nodes=True):
    fcpl = h5p.create(h5p.FILE_CREATE)
    if small_nodes:
        assert LIB.H5Pset_sym_k(ctypes.c_int64(fcpl.id), ctypes.c_uint(2), ctypes.c_uint(2)) >= 0
        assert LIB.H5Pset_istore_k(ctypes.c_int64(fcpl.id), ctypes.c_uint(1)) >= 0
    fapl = h5p.create(h5p.FILE_ACCESS)
    bounds = {"earliest": h5f.LIBVER_EARLIEST, "v110": h5f.LIBVER_V110}
    fapl.set_libver_bounds(bounds[libver], h5f.LIBVER_V110)
    return h5py.File(h5f.create(path(name).encode(), h5f.ACC_TRUNC, fcpl, fapl))


# An empty dataset whose elements are said to have 3 GiB.
with new("element-size.h5") as f:
    kind = h5t.create(h5t.OPAQUE, 40)
    kind.set_tag(b"tag")
    h5d.create(f.id, b"d", kind, h5s.create_simple((0,)))
data = read("element-size.h5")
at = once(data, struct.pack("<I", 40) + b"tag")
struct.pack_into("<I", data, at, 0xC0000000)
write("element-size.h5", data)

# A superblock extension that is in the file, and behind the end of file that the superblock states.
with new("extension-behind-end.h5", "v110") as f:
    f.create_dataset("d", data=np.arange(3, dtype="<i4"))
data = read("extension-behind-end.h5")
base, extension, end, root = struct.unpack_from("<QQQQ", data, 12)
assert extension != 2**64 - 1 and end == len(data)
size = data[extension + 6] + 7 + 4 if data[extension + 5] & 3 == 0 else None
data += data[extension : extension + size]
struct.pack_into("<QQQQ", data, 12, base, end, end, root)
close(data, 0, 48)
write("extension-behind-end.h5", data)

# Two datasets whose only chunks are the same stored bytes, which one of them shuffles.
with new("same-chunk.h5") as f:
    plain = f.create_dataset("plain", (8,), "<i4", chunks=(8,), compression="gzip")
    plain[:] = np.arange(8)
    shuffled = f.create_dataset("shuffled", (8,), "<i4", chunks=(8,), compression="gzip", shuffle=True)
    shuffled[:] = np.arange(8) + 100
    one, other = (d.id.get_chunk_info(0) for d in (plain, shuffled))
data = bytearray(open(path("same-chunk.h5"), "rb").read())
key = struct.pack("<IIQQ", other.size, 0, 0, 0) + struct.pack("<Q", other.byte_offset)
at = once(data, key)
data[at : at + 32] = struct.pack("<IIQQQ", one.size, 0, 0, 0, one.byte_offset)
open(path("same-chunk.h5"), "wb").write(data)

# Shuffled by elements of 2^31 bytes.
with new("shuffle-beyond-chunk.h5") as f:
    d = f.create_dataset("d", (8,), "<i4", chunks=(8,), shuffle=True)
    d[:] = np.arange(8)
    f.create_dataset("good", data=np.arange(3, dtype="<i4"))
data = read("shuffle-beyond-chunk.h5")
at = once(data, b"shuffle\0" + struct.pack("<I", 4))
struct.pack_into("<I", data, at + 8, 2**31)
open(path("shuffle-beyond-chunk.h5"), "wb").write(data)

# A fill value that is never to be written, and nothing written.
with new("fill-never.h5") as f:
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_fill_value(np.array(7, "<i4"))
    dcpl.set_fill_time(h5d.FILL_TIME_NEVER)
    dcpl.set_chunk((4,))
    h5d.create(f.id, b"d", h5t.STD_I32LE, h5s.create_simple((4,)), dcpl)

# One chunk of 512 MiB, of which 20 bytes are stored.
with new("chunk-of-few-bytes.h5") as f:
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_chunk((2**29,))
    dcpl.set_deflate(1)
    d = h5py.Dataset(h5d.create(f.id, b"d", h5t.STD_U8LE, h5s.create_simple((2**29,)), dcpl))
    d.id.write_direct_chunk((0,), zlib.compress(b"twelve bytes"))

# Pages of 2^52 bytes.
with new("page-size.h5", "v110", small_nodes=False) as f:
    f.create_dataset("d", data=np.arange(3, dtype="<i4"))
data = read("page-size.h5")
base, extension, end, root = struct.unpack_from("<QQQQ", data, 12)
body = struct.pack("<BBBQQHQ", 1, 1, 0, 1, 2**52, 0, 2**64 - 1)
header = b"OHDR" + bytes([2, 0, 4 + len(body)]) + struct.pack("<BHB", 0x17, len(body), 0) + body
header += struct.pack("<I", lookup3(header))
struct.pack_into("<QQQQ", data, 12, base, end, end + len(header), root)
close(data, 0, 48)
write("page-size.h5", data + header)

for name in sorted(os.listdir(HERE)):
    if name.endswith(".h5"):
        print(name, os.path.getsize(path(name)))
