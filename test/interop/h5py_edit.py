"""Edits a file as a stock user would: most damage of a writer shows only on the next edit."""
import sys

import h5py
import numpy as np

with h5py.File(sys.argv[1], "r+") as file:
    for i in range(12):
        file.create_dataset(f"stock{i}", data=np.arange(i + 1))
        file.attrs[f"stock{i}"] = i
    for name in list(file):
        obj = file[name]
        if not isinstance(obj, h5py.Dataset) or name.startswith("stock"):
            continue
        obj.attrs["seen by stock"] = "yes"
        if obj.maxshape and obj.maxshape[0] is None and obj.dtype.kind in "iuf":
            rows = obj.shape[0]
            obj.resize(rows + 7, axis=0)
            obj[rows:] = 5
            obj.resize(rows + 3, axis=0)
    for i in range(0, 12, 2):
        del file[f"stock{i}"]
        del file.attrs[f"stock{i}"]
