"""Makes a file whose version-2 headers cannot be changed inside a sector: stock_headers.py PATH LIBVER SEED.

Of each header an attribute leaves 1 to 3 bytes, a gap, beside which there may be no NIL message: it must be written as a
whole. About half of them cross a border of sectors, and one in 17 one of pages.
"""
import random
import sys

import h5py
import numpy as np

path, libver, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
chance = random.Random(seed)
with h5py.File(path, "w", libver=(libver, libver)) as file:
    for i in range(30):
        chunked = i % 2 == 1
        storage = {"maxshape": (None,), "chunks": (4,)} if chunked else {}
        dataset = file.create_dataset(f"d{i}", data=np.arange(i % 7 + 1, dtype="i1"), **storage)
        shorter = 2 if chunked and libver == "latest" else 0
        dataset.attrs["a"] = np.bytes_("x" * (chance.randrange(136, 139) - shorter))
        # The next header lies elsewhere.
        file.create_dataset(f"between {i}", data=np.zeros(chance.randrange(1, 500), "i1"))
    file.create_group("links")
