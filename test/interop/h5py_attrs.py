"""Edits the objects of a group as a stock user would: attributes set, replaced and deleted, datasets grown."""
import sys

import h5py
import numpy as np

path, round_ = sys.argv[1], int(sys.argv[2])
with h5py.File(path, "r+") as file:
    for name, obj in file["group"].items():
        if name.startswith("d"):
            obj.resize(obj.shape[0] + 1, axis=0)
            obj[-1:] = 5
        obj.attrs[f"stock{round_}"] = np.arange(round_ * 3)
        if round_ > 0:
            del obj.attrs[f"stock{round_ - 1}"]
        obj.attrs["turn"] = round_
