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


if __name__ == "__main__":
    print(json.dumps({"external": external}[sys.argv[1]](sys.argv[2])))
