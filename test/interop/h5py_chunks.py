"""Chunked datasets as stock sees and edits them.

values FILE             every int32 dataset: shape and elements, as JSON
make FILE SPECS         datasets by libver="latest": [name, shape, maxshape, chunks, filtered, early]; elements count up
append FILE ROWS        rows behind the last one of every dataset, every 500th of them 7
edit FILE SEED          resizes, writes and appends to every dataset; prints what each holds afterwards
"""
import json
import random
import sys

import h5py
import numpy as np


def show(file):
    print(json.dumps({name: [list(d.shape), d[()].ravel().tolist()] for name, d in file.items()}))


def make(path, specs):
    with h5py.File(path, "w", libver="latest") as file:
        for name, shape, maxshape, chunks, filtered, early in specs:
            if early:
                plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
                plist.set_chunk(tuple(chunks))
                plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
                space = h5py.h5s.create_simple(tuple(shape), tuple(maxshape))
                h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_I32LE, space, plist)
            else:
                options = {"compression": "gzip", "shuffle": True} if filtered else {}
                file.create_dataset(
                    name, shape=tuple(shape), maxshape=tuple(maxshape), chunks=tuple(chunks), dtype="<i4", **options
                )
            file[name][...] = np.arange(np.prod(shape)).reshape(shape)


def append(path, rows):
    with h5py.File(path, "r+") as file:
        for dataset in file.values():
            start = dataset.shape[0]
            dataset.resize(start + rows, axis=0)
            for at in range(start, start + rows, 500):
                dataset[at] = 7


def edit(path, seed):
    rand = random.Random(seed)
    with h5py.File(path, "r+") as file:
        for name, dataset in file.items():
            for _ in range(3 if dataset.chunks else 0):
                limit = [m if m is not None else s + 40 for m, s in zip(dataset.maxshape, dataset.shape)]
                # libhdf5 1.10 leaves the address of a single chunk in the file when it frees it with an extent of 0.
                least = 1 if name.startswith("single") else 0
                shape = [rand.randint(least, m) for m in limit]
                try:
                    dataset.resize(shape)
                    if 0 not in dataset.shape:
                        slab = tuple(slice(a, rand.randint(a, s)) for s in dataset.shape for a in [rand.randrange(s)])
                        dataset[slab] = rand.randint(1, 1000)
                except (RuntimeError, OSError) as error:
                    raise RuntimeError(f"{name}: resized to {shape}") from error
    with h5py.File(path, "r") as file:
        show(file)


command, path = sys.argv[1:3]
if command == "values":
    with h5py.File(path, "r") as opened:
        show(opened)
elif command == "append":
    append(path, int(sys.argv[3]))
elif command == "make":
    make(path, json.loads(sys.argv[3]))
else:
    edit(path, int(sys.argv[3]))
