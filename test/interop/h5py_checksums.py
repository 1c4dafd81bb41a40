"""Makes a file of 400 version-2 headers at places that follow no rule."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "w", libver=("v108", "v108")) as file:
    for i in range(400):
        storage = {"maxshape": (None,), "chunks": (4,)} if i % 2 else {}
        dataset = file.create_dataset(f"d{i}", data=np.arange(i % 7 + 1, dtype="i1"), **storage)
        for a in range(i % 4):
            dataset.attrs[f"a{a}"] = a
