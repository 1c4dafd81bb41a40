"""Stock libhdf5 as the judge of images: makes base files, reads images, edits them. One request per line, in JSON.

  {"make": PATH, "libver": "earliest" | "latest"}   a file with the base content; "strategy": N keeps what it knows as free
  {"read": PATH}                                    what is in it, object by object
  {"edit": PATH}                                    append, unlink, attribute; then what is in it
  {"make dense": PATH, "libver": "v108" | "latest"} and {"edit dense": PATH}: the same of dense.ts

With "driver": "split" | "multi", PATH is what the names of the members have in common.

Answers one JSON line each. Images are read by forked processes, since the library may crash on them.
"""
import ctypes
import json
import pathlib
import sys

import h5py
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[2] / "test" / "interop"))
from forked import forked

with open("/proc/self/maps", encoding="ascii") as maps:
    library = ctypes.CDLL(next(line.split()[-1] for line in maps if "libhdf5_serial.so" in line or "libhdf5.so" in line))


def access_for(driver):
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    fapl, default = ctypes.c_int64(access.id), ctypes.c_int64(0)
    if driver == "split":
        assert library.H5Pset_fapl_split(fapl, b"-m.h5", default, b"-r.h5", default) >= 0
    elif driver == "multi":
        assert library.H5Pset_fapl_multi(fapl, None, None, None, None, ctypes.c_int(0)) >= 0
    return access


def opened(path, mode, driver=None):
    flags = h5py.h5f.ACC_RDONLY if mode == "r" else h5py.h5f.ACC_RDWR
    return h5py.File(h5py.h5f.open(path.encode(), flags, fapl=access_for(driver)))


def plain(value):
    if isinstance(value, h5py.Empty):
        return None
    if isinstance(value, h5py.h5r.Reference):
        return "reference" if value else None
    if isinstance(value, np.ndarray):
        return [plain(each) for each in value]
    if isinstance(value, np.void):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return value.decode("latin1")
    return value.item() if hasattr(value, "item") else value


def records(path, driver=None):
    """Objects by path: what each is. And names by object, to compare with its link count."""
    found, names, counts = {}, {}, {}
    with opened(path, "r", driver) as file:
        stack = [("/", file["/"])]
        while stack:
            at, obj = stack.pop()
            info = h5py.h5o.get_info(obj.id)
            names[info.addr] = names.get(info.addr, 0) + 1
            counts[info.addr] = info.rc
            record = {"attrs": {name: plain(obj.attrs[name]) for name in sorted(obj.attrs)}}
            if isinstance(obj, h5py.Dataset):
                record["shape"] = list(obj.shape)
                # Of very long arrays the end, where they change, and a part of the rest.
                long = obj.size is not None and obj.size > 100_000
                record["value"] = [plain(obj[:50]), plain(obj[-400:])] if long else plain(obj[()])
            elif isinstance(obj, h5py.Group):
                links = []
                for name in sorted(obj):
                    link = obj.get(name, getlink=True)
                    if isinstance(link, h5py.SoftLink):
                        links.append([name, "soft", link.path])
                    elif isinstance(link, h5py.ExternalLink):
                        links.append([name, "external", link.path])
                    else:
                        links.append([name, "hard"])
                        if names[info.addr] == 1:
                            stack.append((at.rstrip("/") + "/" + name, obj[name]))
                record["links"] = links
            found[at] = json.dumps(record)
    low = [addr for addr, count in counts.items() if count < names[addr]]
    if low:
        raise ValueError("link count below the number of names")
    return found


def edit(path, driver=None):
    """What a user does next: it shows damage that reading does not."""
    with opened(path, "r+", driver) as file:
        growing = file["d/chunked"]
        length = growing.shape[0]
        growing.resize(length + 9, axis=0)
        growing[length:] = 5
        for name in ("d/chunked", "d/packed"):
            file[name].resize(2, axis=0)
        if "d/two" in file:
            shrink_and_grow(file["d/two"])
        file["kept"].attrs["stock"] = np.arange(20)
        for i in range(12):
            file["kept"].create_dataset(f"stock{i}", data=np.arange(i + 1))
        for i in range(0, 12, 2):
            del file["kept"][f"stock{i}"]
        if "d/plain" in file:
            del file["d/plain"]
        file.create_dataset("stock", data=np.full(600, 7, "i8"))
    return records(path, driver)


def shrink_and_grow(grid):
    """Chunks out of the middle of their index, and into it again."""
    before = grid[()]
    height, width = grid.shape
    grid.resize((height, 1))
    grid.resize((height, width))
    for row in reversed(range(height)):
        grid[row, 1:] = before[row, 1:]
    if (grid[()] != before).any():
        raise ValueError("chunks were lost")


def make(path, libver, driver=None, strategy=None):
    fcpl = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    if strategy is not None:
        fcpl.set_file_space_strategy(strategy, True, 1)
    if libver == "earliest":
        # Small nodes: trees of several levels in a small file. h5py does not offer the one for chunks.
        assert library.H5Pset_sym_k(ctypes.c_int64(fcpl.id), ctypes.c_uint(2), ctypes.c_uint(2)) >= 0
        assert library.H5Pset_istore_k(ctypes.c_int64(fcpl.id), ctypes.c_uint(2)) >= 0
    fapl = access_for(driver)
    low = h5py.h5f.LIBVER_EARLIEST if libver == "earliest" else h5py.h5f.LIBVER_LATEST
    fapl.set_libver_bounds(low, h5py.h5f.LIBVER_LATEST)
    with h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, fcpl, fapl)) as file:
        d = file.create_group("d")
        d.create_dataset("plain", data=np.arange(40, dtype="i4"))
        d.create_dataset("chunked", data=np.arange(60, dtype="i4"), chunks=(4,), maxshape=(None,))
        d.create_dataset("packed", data=np.arange(40, dtype="i4"), chunks=(8,), maxshape=(None,), compression=1, shuffle=True)
        d.create_dataset("fixed", data=np.arange(30, dtype="i4"), chunks=(3,), maxshape=(90,))
        d.create_dataset("two", data=np.arange(36, dtype="i4").reshape(6, 6), chunks=(2, 2), maxshape=(None, None))
        d.create_dataset("long", data=np.arange(400, dtype="i2"), chunks=(1,), maxshape=(None,))
        d.create_dataset("texts", data=["a", "bc", "def"], dtype=h5py.string_dtype())
        d.create_dataset("late", shape=(64,), dtype="i4")
        for i in range(4):
            d.attrs[f"a{i}"] = i
        g = file.create_group("g")
        for i in range(6):
            g.create_dataset(f"x{i}", data=np.arange(3, dtype="i4") + i)
        g["again"] = g["x0"]
        g["soft"] = h5py.SoftLink("/d/plain")
        many = file.create_group("many")
        for i in range(30):
            many.create_dataset(f"entry {i:03d}", data=np.int32(i))
        for i in range(12):
            many.attrs[f"attribute {i}"] = np.arange(i + 1)
        file.create_group("kept")
        file.create_group("h")
        if strategy is not None:
            for i in range(9):
                file.create_dataset(f"gone {i}", data=np.arange(60 * i, dtype="i4"))
    if strategy is not None:
        with h5py.File(path, "r+") as file:
            for i in range(9):
                del file[f"gone {i}"]


def text(i, length):
    return (f"{i} " * length)[:length]


def make_dense(path, libver):
    low = h5py.h5f.LIBVER_V18 if libver == "v108" else h5py.h5f.LIBVER_LATEST
    fapl = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    fapl.set_libver_bounds(low, h5py.h5f.LIBVER_LATEST)
    fapl.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    fcpl = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    with h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, fcpl, fapl)) as file:
        file["target"] = np.array([1, 2, 3], "i4")
        for place in ("plain", "ordered"):
            ordered = place == "ordered"
            many = file.create_group(place, track_order=ordered)
            for i in range(150):
                many[f"link {i}"] = h5py.SoftLink(f"/where/it/leads/{text(i, 20)}")
            for i in range(60):
                many.attrs[f"attribute {i}"] = np.bytes_(text(i, 100))
            many.attrs["huge"] = np.bytes_(text(7, 6000))
            for name, count in (("few", 8), ("nine", 9)):
                group = file.create_group(f"{place} {name}", track_order=ordered)
                for i in range(count):
                    group[f"link {i}"] = h5py.SoftLink(f"/{i}")
                    group.attrs[f"attribute {i}"] = i


def edit_dense(path):
    """Take from every heap and index, and add to it."""
    with h5py.File(path, "r+") as file:
        for group in [each for each in file.values() if isinstance(each, h5py.Group)]:
            for name in list(group)[::3]:
                del group[name]
            for name in list(group.attrs)[::3]:
                del group.attrs[name]
            for i in range(20):
                group[f"stock {i}"] = h5py.SoftLink("/" + "stock" * i)
                group.attrs[f"stock {i}"] = "stock" * i
            group.attrs["stock huge"] = np.arange(2000)
            for name in list(group):
                if not name.startswith("stock"):
                    del group[name]
    return records(path)


def answered(work):
    return forked(lambda: {"ok": work()}, 20)


for line in sys.stdin:
    request = json.loads(line)
    if "make" in request:
        print(answered(lambda: make(request["make"], request["libver"], request.get("driver"), request.get("strategy"))), flush=True)
    elif "edit" in request:
        print(answered(lambda: edit(request["edit"], request.get("driver"))), flush=True)
    elif "make dense" in request:
        print(answered(lambda: make_dense(request["make dense"], request["libver"])), flush=True)
    elif "edit dense" in request:
        print(answered(lambda: edit_dense(request["edit dense"])), flush=True)
    else:
        print(answered(lambda: records(request["read"], request.get("driver"))), flush=True)
