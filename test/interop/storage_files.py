"""Datasets whose data lie in other files, written by h5py; prints what h5py reads from them.

usage: storage_files.py external|virtual FOLDER
"""
import json
import os
import sys

import h5py
import numpy


def values(dataset):
    """Shape and values, or the name of what is raised."""
    try:
        return {"shape": list(dataset.shape), "data": numpy.asarray(dataset[()]).ravel().tolist()}
    except OSError:
        return {"error": True}


def external(folder):
    def raw(name, content):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(content)

    numbers = numpy.arange(100, dtype="<i4")
    raw("a.raw", b"head" + numbers[:30].tobytes() + b"tail")
    raw("b.raw", numbers[30:70].tobytes())
    raw("short.raw", numbers[:25].tobytes()[:-2])
    os.mkdir(os.path.join(folder, "sub"))
    raw("sub/c.raw", numpy.arange(100, dtype=">f8").tobytes())
    unlimited = h5py.h5f.UNLIMITED
    with h5py.File(os.path.join(folder, "external.h5"), "w") as file:
        make = file.create_dataset
        make("several", (70,), "<i4", external=[("a.raw", 4, 120), ("b.raw", 0, 160)])
        make("rows", (7, 10), "<i4", external=[("a.raw", 4, 120), ("b.raw", 0, unlimited)])
        make("offset", (4, 5), "<i4", external=[("b.raw", 80, 80)])
        make("short", (40,), "<i4", external=[("short.raw", 0, unlimited)], fillvalue=7)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_external(b"a.raw", 4, 60)
        plist.set_external(b"a.raw", 64, unlimited)
        space = h5py.h5s.create_simple((10,), (unlimited,))
        h5py.h5d.create(file.id, b"grows", h5py.h5t.STD_I32LE, space, plist).set_extent((25,))
        make("below", (10, 10), ">f8", external=[("sub/c.raw", 0, unlimited)])
        make("twice", (20,), "<i4", external=[("b.raw", 0, 40), ("b.raw", 0, 40)])
        make("missing", (10,), "<i4", external=[("none.raw", 0, unlimited)])
        make("up", (10,), "<i4", external=[("../up.raw", 0, unlimited)])
    os.chdir(folder)
    with h5py.File("external.h5", "r") as file:
        return {name: values(dataset) for name, dataset in file.items()}


def layout_of(shape, dtype="<i4", maxshape=None):
    return h5py.VirtualLayout(shape, dtype, maxshape)


def low_level(file, name, shape, maxshape, dtype, mappings, fill=None):
    """A virtual dataset by its property list: mappings of (virtual slab, file, dataset, source slab or None)."""
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if fill is not None:
        plist.set_fill_value(numpy.array(fill, dtype))
    unlimited = h5py.h5s.UNLIMITED
    space = h5py.h5s.create_simple(shape, tuple(unlimited if m is None else m for m in maxshape))
    for virtual, source_file, source_name, source_shape, source in mappings:
        vspace = space.copy()
        vspace.select_hyperslab(*virtual)
        limits = tuple(unlimited for _ in source_shape) if source is not None else source_shape
        sspace = h5py.h5s.create_simple(source_shape, limits)
        if source is not None:
            sspace.select_hyperslab(*source)
        plist.set_virtual(vspace, source_file.encode(), source_name.encode(), sspace)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(numpy.dtype(dtype)), space, plist)


def virtual(folder):
    os.chdir(folder)
    unlimited = h5py.h5s.UNLIMITED
    for n in range(4):
        with h5py.File(f"s{n}.h5", "w") as file:
            numbers = numpy.arange(24, dtype="<i4") + 100 * n
            file["line"] = numbers
            file["table"] = numbers.reshape(4, 6)
            file["cube"] = numbers.reshape(2, 3, 4)
            file.create_dataset("packed", data=numpy.arange(600).reshape(20, 30) + n, dtype="<i4", chunks=(7, 8), compression=4)
            file.create_dataset("grows", data=numbers[: 5 + 2 * n], maxshape=(None,), chunks=(4,))
            file.create_dataset("rows", data=numbers[: 6 * (1 + n)].reshape(-1, 6), maxshape=(None, 6), chunks=(2, 6))
            file["big"] = (numpy.arange(24) * 7919 - 60000).astype(">i8")
            file["float"] = numpy.array([-1e9, -1.7, -0.2, 0.9, 2.5, 300.4, 7e8], ">f4")
            for block in range(3):
                file[f"block-{block}"] = numbers[:6] + 1000 * block
            file["eight"] = numpy.arange(8, dtype="<i4")
            file["text"] = numpy.array([b"alpha", b"beta"])
    with h5py.File("numbered-0.h5", "w") as file:
        file["d"] = numpy.arange(5, dtype="<i4")
    with h5py.File("numbered-1.h5", "w") as file:
        file["d"] = numpy.arange(5, dtype="<i4") + 50
    with h5py.File("100%.h5", "w") as file:
        file["d"] = numpy.arange(5, dtype="<i4")
    with h5py.File("virtual.h5", "w", libver="latest") as file:
        source = h5py.VirtualSource
        stacked = layout_of((4, 24))
        for n in range(4):
            stacked[n] = source(f"s{n}.h5", "line", (24,))
        file.create_virtual_dataset("stacked", stacked, fillvalue=-1)
        joined = layout_of((16, 6))
        for n in range(4):
            joined[4 * n : 4 * n + 4] = source(f"s{n}.h5", "table", (4, 6))
        file.create_virtual_dataset("joined", joined)
        columns = layout_of((4, 26))
        for n in range(4):
            columns[:, 6 * n : 6 * n + 6] = source(f"s{n}.h5", "table", (4, 6))
        file.create_virtual_dataset("columns", columns, fillvalue=9)
        interleaved = layout_of((96,))
        for n in range(4):
            interleaved[n::4] = source(f"s{n}.h5", "line", (24,))
        file.create_virtual_dataset("interleaved", interleaved)
        stepped = layout_of((8, 3))
        for n in range(4):
            stepped[2 * n : 2 * n + 2] = source(f"s{n}.h5", "table", (4, 6))[::2, 1::2]
        file.create_virtual_dataset("stepped", stepped)
        packed = layout_of((2, 20, 30))
        for n in range(2):
            packed[n] = source(f"s{n}.h5", "packed", (20, 30))
        file.create_virtual_dataset("packed", packed)
        reshaped = layout_of((4, 24))
        for n in range(4):
            reshaped[n] = source(f"s{n}.h5", "cube", (2, 3, 4))
        file.create_virtual_dataset("reshaped", reshaped)
        missing = layout_of((3, 24))
        for n, name in enumerate(["s0.h5", "none.h5", "s1.h5"]):
            missing[n] = source(name, "line" if n < 2 else "nothing", (24,))
        file.create_virtual_dataset("missing", missing, fillvalue=-7)
        converted = layout_of((24,), "<i2")
        converted[:] = source("s0.h5", "big", (24,))
        file.create_virtual_dataset("converted", converted)
        floats = layout_of((2, 7), "<i2")
        floats[0] = source("s0.h5", "float", (7,))
        file.create_virtual_dataset("floats", floats)
        widened = layout_of((2, 24), "<f8")
        widened[0] = source("s0.h5", "big", (24,))
        widened[1] = source("s1.h5", "line", (24,))
        file.create_virtual_dataset("widened", widened)
        text = layout_of((2,), "S5")
        text[:] = source("s0.h5", "text", (2,))
        file.create_virtual_dataset("text", text)
        file["own"] = numpy.arange(24, dtype="<i4") * 3
        same = layout_of((2, 24))
        same[0] = source(".", "own", (24,))
        same[1] = source("s1.h5", "line", (24,))
        file.create_virtual_dataset("same", same)
        nested = layout_of((4, 12))
        nested[:] = source(".", "stacked", (4, 24))[:, 6:18]
        file.create_virtual_dataset("nested", nested)
        # Lists of blocks: a union that is no grid, of libhdf5's own encoding.
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        space = h5py.h5s.create_simple((6, 8))
        space.select_hyperslab((0, 0), (2, 3))
        space.select_hyperslab((3, 2), (2, 5), op=h5py.h5s.SELECT_OR)
        line = h5py.h5s.create_simple((24,))
        line.select_hyperslab((2,), (4,))
        line.select_hyperslab((8,), (12,), op=h5py.h5s.SELECT_OR)
        plist.set_virtual(space, b"s2.h5", b"line", line)
        space.select_all()
        h5py.h5d.create(file.id, b"blocks", h5py.h5t.STD_I32LE, space, plist)
        slab = lambda *entries: entries
        # start, count, stride, block
        low_level(
            file, "endless", (0,), (None,), "<i4",
            [(slab((0,), (unlimited,), (1,), (1,)), "s1.h5", "grows", (7,), slab((0,), (unlimited,), (1,), (1,)))],
        )
        low_level(
            file, "endless-block", (0,), (None,), "<i4",
            [(slab((3,), (1,), (1,), (unlimited,)), "s2.h5", "grows", (9,), slab((1,), (1,), (1,), (unlimited,)))],
            fill=5,
        )
        low_level(
            file, "endless-interleaved", (0, 6), (None, 6), "<i4",
            [
                (slab((n, 0), (unlimited, 1), (4, 1), (1, 6)), f"s{n}.h5", "rows", (n + 1, 6), slab((0, 0), (unlimited, 1), (1, 1), (1, 6)))
                for n in range(4)
            ],
            fill=-3,
        )
        low_level(
            file, "endless-blocks", (0,), (None,), "<i4",
            [(slab((1,), (unlimited,), (5,), (3,)), "s3.h5", "grows", (11,), slab((0,), (unlimited,), (1,), (1,)))],
            fill=-4,
        )
        low_level(
            file, "endless-columns", (4, 0), (4, None), "<i4",
            [(slab((0, 0), (4, unlimited), (1, 1), (1, 1)), "s1.h5", "grows", (7,), slab((0,), (unlimited,), (1,), (1,)))][:0]
            + [(slab((n, 0), (1, unlimited), (1, 1), (1, 1)), f"s{n}.h5", "grows", (5 + 2 * n,), slab((0,), (unlimited,), (1,), (1,))) for n in range(4)],
            fill=-5,
        )
        low_level(
            file, "endless-missing", (2,), (None,), "<i4",
            [
                (slab((0,), (unlimited,), (2,), (1,)), "s0.h5", "grows", (5,), slab((0,), (unlimited,), (1,), (1,))),
                (slab((1,), (unlimited,), (2,), (1,)), "none.h5", "grows", (5,), slab((0,), (unlimited,), (1,), (1,))),
            ],
            fill=-6,
        )
        low_level(
            file, "numbered", (0,), (None,), "<i4",
            [(slab((0,), (unlimited,), (6,), (5,)), "numbered-%b.h5", "d", (5,), None)], fill=-8,
        )
        low_level(
            file, "numbered-datasets", (0, 6), (None, 6), "<i4",
            [(slab((0, 0), (unlimited, 1), (1, 1), (1, 6)), "s2.h5", "block-%b", (6,), None)], fill=-9,
        )
        low_level(
            file, "numbered-both", (2,), (None,), "<i4",
            [(slab((2,), (unlimited,), (6,), (6,)), "s%b.h5", "block-%b", (6,), None)], fill=-10,
        )
        low_level(
            file, "percent", (5,), (5,), "<i4",
            [(slab((0,), (1,), (1,), (5,)), "100%%.h5", "d", (5,), None)],
        )
        low_level(
            file, "empty", (0,), (None,), "<i4",
            [(slab((0,), (unlimited,), (5,), (5,)), "nothing-%b.h5", "d", (5,), None)],
        )
    with h5py.File("circles.h5", "w", libver="latest") as file:
        # libhdf5 1.10.8 crashes on these: never read here.
        def line(name, *sources):
            layout = layout_of((8,))
            for source_file, source_name in sources:
                low = h5py.h5s.create_simple((8,))
                plist.set_virtual(low, source_file.encode(), source_name.encode(), low)
            h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_I32LE, h5py.h5s.create_simple((8,)), plist)

        for name, sources in {
            "self": [(".", "self")],
            "ping": [(".", "pong")],
            "pong": [("circles.h5", "ping")],
            "end": [("s0.h5", "eight")],
        }.items():
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            line(name, *sources)
        for depth in range(12):
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            line(f"chain{depth}", (".", f"chain{depth + 1}" if depth < 11 else "end"))
        for depth in range(8):
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            line(f"bomb{depth}", *[(".", f"bomb{depth + 1}" if depth < 7 else "end")] * 40)
        low_level(
            file, "endless-self", (3,), (None,), "<i4",
            [(slab((0,), (unlimited,), (1,), (1,)), ".", "endless-self", (3,), slab((0,), (unlimited,), (1,), (1,)))],
        )
    with h5py.File("virtual.h5", "r") as file:
        return {name: values(dataset) for name, dataset in file.items() if dataset.dtype.kind != "S"} | {"text": {"shape": [2], "data": [x.decode() for x in file["text"][()]]}}


def fill_members(file):
    numbers = numpy.arange(1000, dtype="<i4")
    file["line"] = numbers
    file.create_dataset("packed", data=numbers.reshape(40, 25), chunks=(7, 8), compression=4)
    group = file.create_group("group")
    group["deep"] = numbers[::-1]
    group.attrs["text"] = "vlen"
    for i in range(30):
        group[f"link{i}"] = float(i)
    file.attrs["numbers"] = numbers[:5]


def fill_addresses(file):
    """What holds addresses of members, also in heaps."""
    region = h5py.regionref_dtype
    line = file["line"]
    regions = file.create_dataset("regions", (3,), region)
    regions[0] = line.regionref[5:8]
    regions[2] = file["packed"].regionref[0:2, 1:3]
    file.attrs.create("region", line.regionref[1:2], dtype=region)
    lists = file.create_dataset("lists", (2,), h5py.vlen_dtype(h5py.string_dtype()))
    lists[0] = numpy.array(["a", "bc"], object)
    lists[1] = numpy.array(["größe"], object)
    targets = file.create_dataset("targets", (2,), h5py.vlen_dtype(h5py.ref_dtype))
    targets[0] = numpy.array([file["group"].ref, line.ref], h5py.ref_dtype)


def split(folder):
    os.chdir(folder)
    for name, libver in [("old", "earliest"), ("new", "latest"), ("v108", ("earliest", "v108"))]:
        with h5py.File(name, "w", driver="split", meta_ext=b"-m.h5", raw_ext=b"-r.h5", libver=libver) as file:
            fill_members(file)
            if name != "v108":
                file["words"] = ["a", "bc"]
                file["link"] = file["group"].ref
                fill_addresses(file)
    return {}


def multi(folder):
    """h5py has no multi driver; libhdf5 takes it from the property list that h5py made."""
    import ctypes

    os.chdir(folder)
    library = next(line.split()[-1] for line in open("/proc/self/maps") if "libhdf5_serial.so" in line)
    hdf5 = ctypes.CDLL(library)
    hdf5.H5Pset_fapl_multi.argtypes = [ctypes.c_int64, *[ctypes.c_void_p] * 4, ctypes.c_int]
    for name, low in [("old", h5py.h5f.LIBVER_EARLIEST), ("new", h5py.h5f.LIBVER_LATEST)]:
        access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
        access.set_libver_bounds(low, h5py.h5f.LIBVER_LATEST)
        if hdf5.H5Pset_fapl_multi(access.id, None, None, None, None, 1) < 0:
            raise RuntimeError("no multi driver")
        with h5py.File(h5py.h5f.create(name.encode(), h5py.h5f.ACC_TRUNC, fapl=access)) as file:
            fill_members(file)
            fill_addresses(file)
    return {"members": sorted(os.listdir("."))}


def members_access(driver):
    import ctypes

    library = next(line.split()[-1] for line in open("/proc/self/maps") if "libhdf5_serial.so" in line)
    hdf5 = ctypes.CDLL(library)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    fapl, default = ctypes.c_int64(access.id), ctypes.c_int64(0)
    if driver == "split":
        assert hdf5.H5Pset_fapl_split(fapl, b"-m.h5", default, b"-r.h5", default) >= 0
    else:
        assert hdf5.H5Pset_fapl_multi(fapl, None, None, None, None, ctypes.c_int(0)) >= 0
    return access


def read_members(driver, path):
    """What was added to a split or multi file, where references lead to included."""
    flags = h5py.h5f.ACC_RDONLY
    with h5py.File(h5py.h5f.open(path.encode(), flags, fapl=members_access(driver))) as file:
        region = file["new regions"][0]
        return {
            "text": [text.decode() for text in file["new text"][:]],
            "references": [file[ref].name if ref else None for ref in file["new references"][:]],
            "region": [file[region].name, file[region][region].tolist()],
            "rows": len(file["new rows"]),
            "sum": int(file["new rows"][:].sum()),
            "group": len(file["group"]),
            "numbers": file.attrs["numbers"].tolist(),
            "line": int(file["line"][:].sum()),
        }


if __name__ == "__main__":
    commands = {"external": external, "virtual": virtual, "split": split, "multi": multi, "read-members": read_members}
    print(json.dumps(commands[sys.argv[1]](*sys.argv[2:])))
