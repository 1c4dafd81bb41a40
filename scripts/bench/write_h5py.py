"""One writing workload with h5py: write_h5py.py WORKLOAD FOLDER SAMPLES RUNS; prints milliseconds of its runs."""
import json
import os
import sys
import time

import h5py
import numpy as np

workload, folder, samples = sys.argv[1:4]
runs = int(sys.argv[4])
path = os.path.join(folder, "h5py.h5")


def contiguous():
    data = np.arange(16_000_000) * 0.5
    return lambda file: file.create_dataset("x", data=data)


def gzip():
    data = np.fromfile(samples, "<i2").reshape(300_000, 128)
    options = {"chunks": (4096, 64), "compression": "gzip", "compression_opts": 4, "shuffle": True}
    return lambda file: file.create_dataset("x", data=data, **options)


def many():
    def write(file):
        for g in range(50):
            group = file.create_group(f"g{g}")
            for d in range(100):
                dataset = group.create_dataset(f"d{d}", data=np.arange(10))
                for a in range(4):
                    dataset.attrs[f"a{a}"] = a

    return write


def append(flushed=False):
    rows = np.ones((500, 64), "<i2")

    def write(file):
        dataset = file.create_dataset("x", shape=(0, 64), maxshape=(None, 64), chunks=(4096, 64), dtype="<i2")
        for _ in range(2000):
            start = dataset.shape[0]
            dataset.resize(start + 500, axis=0)
            dataset[start:] = rows
            if flushed:
                file.flush()

    return write


def links():
    def write(file):
        for i in range(10_000):
            file.create_group(f"g{i}")

    return write


write = {
    "contiguous": contiguous,
    "gzip": gzip,
    "many": many,
    "append": append,
    "append, flushed each": lambda: append(True),
    "links, 10,000 in a group": links,
}[workload]()
times = []
for _ in range(runs):
    if os.path.exists(path):
        os.remove(path)
    start = time.perf_counter()
    with h5py.File(path, "w") as file:
        write(file)
    times.append((time.perf_counter() - start) * 1e3)
print(json.dumps(times))
