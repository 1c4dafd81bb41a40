"""Datasets through filters: `filters.py write PATH` makes them with libhdf5's own, `filters.py plugins PATH` with those of
plug-ins that are installed (Debian: hdf5-filter-plugin, hdf5-filter-plugin-blosc-serial; h5py's own LZF) and prints their
ids, `filters.py zfp PATH` with that of ZFP (hdf5-filter-plugin-zfp-serial). `filters.py compare PATH` reads others'.

Below /filtered and /plain are the same elements with and without filters.
"""
import sys
import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

NBIT, FLAG_OPTIONAL = 5, 1
SZIP_EC, SZIP_NN, SZIP_K13 = 4, 32, 1


def number(base, precision, offset=0):
    tid = base.copy()
    tid.set_precision(precision)
    tid.set_offset(offset)
    return tid


def small_float():
    tid = h5t.IEEE_F32BE.copy()
    tid.set_fields(26, 20, 6, 7, 13)
    tid.set_offset(7)
    tid.set_precision(20)
    tid.set_ebias(31)
    return tid


def compound(members, size):
    tid = h5t.create(h5t.COMPOUND, size)
    for name, offset, member in members:
        tid.insert(name.encode(), offset, member)
    return tid


def nbit_types():
    inner = compound([("a", 0, number(h5t.STD_I16BE, 9, 3)), ("b", 4, number(h5t.STD_U32LE, 17, 10))], 12)
    text = h5t.C_S1.copy()
    text.set_size(5)
    text.set_strpad(h5t.STR_NULLPAD)
    return {
        "i8p5": number(h5t.STD_I8LE, 5), "u8p3o2": number(h5t.STD_U8LE, 3, 2), "i16be11o4": number(h5t.STD_I16BE, 11, 4),
        "u32p17": number(h5t.STD_U32LE, 17), "u32be8o8": number(h5t.STD_U32BE, 8, 8), "i64p33o20": number(h5t.STD_I64LE, 33, 20),
        "u64be40": number(h5t.STD_U64BE, 40), "full": h5t.STD_I32LE, "float20": small_float(),
        "array": h5t.array_create(number(h5t.STD_I16LE, 6, 1), (2, 3)),
        "arrays": h5t.array_create(h5t.array_create(number(h5t.STD_U16BE, 5), (2,)), (3,)),
        "compound": compound([("x", 2, number(h5t.STD_I32LE, 12, 7)), ("t", 8, text), ("y", 16, inner),
                              ("z", 30, h5t.array_create(inner, (2,)))], 60),
        "text": text,
    }


def make(group, name, tid, shape, chunk, dcpl=None):
    space = h5s.create_simple(shape)
    plist = dcpl or h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk(chunk)
    return h5d.create(group.id, name.encode(), tid, space, plist)


def write(path):
    with h5py.File(path, "w") as file:
        filtered, plain = file.create_group("filtered"), file.create_group("plain")
        for seed, (name, tid) in enumerate(nbit_types().items()):
            shape, chunk = (7, 5), (4, 3)
            dcpl = h5p.create(h5p.DATASET_CREATE)
            dcpl.set_filter(NBIT, FLAG_OPTIONAL, ())
            size = tid.get_size()
            low, high = {"text": (1, 127), "compound": (1, 127), "float20": (0, 112)}.get(name, (0, 256))  # no NaN
            data = np.random.RandomState(seed).randint(low, high, size * 35).astype("u1").view("V%d" % size)
            make(filtered, "nbit_" + name, tid, shape, chunk, dcpl).write(h5s.ALL, h5s.ALL, data, mtype=tid)
        random = np.random.RandomState(1)
        for kind in ["i1", "u1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8", "<u8", ">u8"]:
            info = np.iinfo(kind)
            for span, fill, bits in [(9, None, 0), (9, 4, 0), (0, 3, 0), (100, None, 7), (int(info.max), 1, 0),
                                     (int(info.max) // 3, None, 0), (50, None, info.bits)]:
                low = int(info.min) // 5
                values = [low + int(v * span) for v in random.random_sample(30)]
                if fill is not None:
                    values[3] = values[7] = fill
                data = np.array(values, kind).reshape(6, 5)
                name = "so_%s_%s_%s_%s" % (kind.replace("<", "l").replace(">", "b"), span, fill, bits)
                filtered.create_dataset(name, data=data, chunks=(4, 3), scaleoffset=bits, fillvalue=fill)
                plain.create_dataset(name, data=data, fillvalue=fill)
        for kind in ["<f4", ">f4", "<f8", ">f8"]:
            for decimals, fill, scale in [(0, None, 100), (2, None, 3), (3, -1.5, 1000), (6, 0.25, 1e9)]:
                data = ((random.random_sample(30) - 0.3) * scale).astype(kind).reshape(6, 5)
                if fill is not None:
                    data[2, 1:3] = fill
                name = "so_%s_%s_%s" % (kind.replace("<", "l").replace(">", "b"), decimals, fill)
                filtered.create_dataset(name, data=data, chunks=(4, 3), scaleoffset=decimals, fillvalue=fill)
                # What was written, before digits were cut.
                file.require_group("source").create_dataset(name, data=data, fillvalue=fill)
        for kind in ["i1", "<i2", ">u2", "<i4", ">f4", "<f8", ">i8"]:
            for options in [SZIP_NN, SZIP_EC, SZIP_NN | SZIP_K13]:
                for block, shape in [(2, (40, 3)), (8, (64, 21)), (16, (40, 40)), (32, (3, 3000)), (32, (2, 5000))]:
                    walk = np.cumsum(random.randint(-3, 4, shape), axis=1)
                    walk[:, shape[1] // 3: shape[1] // 2] = 7  # runs of zeros
                    data = (walk * random.choice([0, 1, 1000], (shape[0], 1))).astype(kind)
                    dcpl = h5p.create(h5p.DATASET_CREATE)
                    dcpl.set_chunk(shape)
                    dcpl.set_szip(options, block)
                    name = "szip_%s_%d_%d_%d" % (kind.replace("<", "l").replace(">", "b"), options, block, shape[1])
                    tid = h5t.py_create(data.dtype)
                    h5d.create(filtered.id, name.encode(), tid, h5s.create_simple(shape), dcpl).write(h5s.ALL, h5s.ALL, data)
                    plain.create_dataset(name, data=data)
    add_plain(path)


def add_plain(path):
    """What lossy filters leave of the elements, seen by reading them from the file: the cache has them whole."""
    with h5py.File(path, "r+") as file:
        for name, one in file["filtered"].items():
            if name in file["plain"]:
                continue
            tid = one.id.get_type()
            data = np.empty(one.shape, "V%d" % tid.get_size())
            one.id.read(h5s.ALL, h5s.ALL, data, mtype=tid)
            make(file["plain"], name, tid, one.shape, one.chunks).write(h5s.ALL, h5s.ALL, data, mtype=tid)


LZF, BLOSC, LZ4, BZIP2, ZFP = 32000, 32001, 32004, 307, 32013


def plugin_options():
    """(id, values) of what is written."""
    yield LZF, ()
    for block in (0, 100, 4096):
        yield LZ4, (block,)
    for level in (1, 9):
        yield BZIP2, (level,)
    for codec in range(6):
        for shuffle in range(3):
            for level in (1, 9):
                yield BLOSC, (0, 0, 0, 0, level, shuffle, codec)


def zfp_options():
    """Modes of H5Z-ZFP: 1 rate, 2 precision, 3 accuracy, 4 all four parameters, 5 reversible; doubles in two values."""
    for mode, parameter in ((1, 4.0), (1, 13.5), (1, 40.0), (3, 0.001), (3, 1e5), (3, 0.0)):
        low, high = np.frombuffer(np.float64(parameter).tobytes(), "<u4")
        yield (mode, 0, int(low), int(high))
    for precision in (1, 9, 31, 64):
        yield (2, 0, precision, 0)
    yield (5, 0, 0, 0)
    yield (4, 0, 60, 900, 25, 2**32 - 20)  # least bits, most bits, precision, smallest exponent


def plugins(path):
    ids = [number for number in (LZF, BLOSC, LZ4, BZIP2) if h5py.h5z.filter_avail(number)]
    random = np.random.RandomState(7)
    walk = np.cumsum(random.randint(-3, 4, 40000)).astype("<i2")
    samples = {
        "one": np.array([7], "u1"),
        "short": np.arange(7, dtype="<i4"),
        "zeros": np.zeros(3000, "<f4"),
        "random": random.randint(0, 256, 5001).astype("u1"),
        "walk": walk,
        "sine": np.sin(np.arange(30001) / 100).round(2),
        "odd": np.repeat(random.randint(0, 9, 700), 5).astype("u1").view("V5"),
        "large": np.repeat(random.randint(0, 2**40, 300), 100).astype("<i8"),
    }
    with h5py.File(path, "w") as file:
        filtered, plain = file.create_group("filtered"), file.create_group("plain")
        for number, values in plugin_options():
            for name, data in samples.items() if number in ids else ():
                full = "%d_%s_%s" % (number, "_".join(map(str, values)), name)
                filtered.create_dataset(full, data=data, chunks=data.shape, compression=number, compression_opts=values)
                plain.create_dataset(full, data=data)
    add_plain(path)
    print(" ".join(map(str, ids)))


def zfp(path):
    random = np.random.RandomState(9)
    with h5py.File(path, "w") as file:
        filtered = file.create_group("filtered")
        file.create_group("plain")
        for values in zfp_options() if h5py.h5z.filter_avail(ZFP) else ():
            for kind in ("<i4", "<i8", "<f4", "<f8"):
                for shape in ((3,), (50,), (7, 9), (4, 5, 6), (3, 5, 4, 6)):
                    field = np.add.reduce(np.indices(shape) ** 2) * 0.37 - 5 + random.random_sample(shape)
                    field *= random.choice([0, 1, 1e-3, 1e4], shape[:1] + (1,) * (len(shape) - 1))
                    name = "%s_%s_%s" % (kind[1:], "x".join(map(str, shape)), "_".join(map(str, values)))
                    filtered.create_dataset(name, data=field.astype(kind), chunks=shape, compression=ZFP,
                                            compression_opts=values)
    add_plain(path)


def compare(path):
    with h5py.File(path, "r") as file:
        differing = []
        for name, one in file["filtered"].items():
            other = file["plain"][name]
            stored = []
            for dataset in (one, other):
                buffer = np.empty(dataset.shape, "V%d" % dataset.id.get_type().get_size())
                dataset.id.read(h5s.ALL, h5s.ALL, buffer, mtype=dataset.id.get_type())
                stored.append(buffer.tobytes())
            if stored[0] != stored[1]:
                differing.append(name)
        print(len(file["filtered"]), " ".join(differing))


{"write": write, "plugins": plugins, "zfp": zfp, "compare": compare}[sys.argv[1]](sys.argv[2])
