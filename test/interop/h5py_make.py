"""Makes a file as h5py does by default: the oldest format. Arguments: path, and how many objects beside the fixed ones."""
import sys

import h5py
import numpy as np

path, many = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
keywords = dict(arg.split("=") for arg in sys.argv[3:])
if "userblock_size" in keywords:
    keywords["userblock_size"] = int(keywords["userblock_size"])
with h5py.File(path, "w", **keywords) as file:
    file.attrs["title"] = "of stock"
    group = file.create_group("group")
    group.attrs["n"] = 1
    group.create_dataset("inner", data=np.arange(5.0))
    file.create_dataset("grows", data=np.arange(500, dtype="i4"), maxshape=(None,), chunks=(4,))
    file.create_dataset(
        "packed", data=np.arange(300, dtype="f4") / 2, maxshape=(None,), chunks=(16,), compression="gzip", shuffle=True
    )
    file.create_dataset("fixed", data=np.full(10, 3, "u1"))
    file.create_dataset("scalar", data=2.5)
    file.create_dataset("text", data="words")
    file.create_dataset("filled", shape=(4,), dtype="i2", fillvalue=-7)
    file.create_dataset("rows", data=np.zeros(3, dtype=[("a", "i4"), ("b", "f8", (2,))]))
    file["named type"] = np.dtype([("x", "i2"), ("y", "f4")])
    file["soft"] = h5py.SoftLink("/group/inner")
    file["again"] = file["fixed"]
    for i in range(many):
        dataset = group.create_dataset(f"d{i}", data=np.arange(i + 1), maxshape=(None,), chunks=True)
        for a in range(i % 5):
            dataset.attrs[f"attr{a}"] = "v" * (a * i % 40) if a % 2 else np.arange(a)
