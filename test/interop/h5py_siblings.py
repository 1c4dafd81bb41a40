"""Old-style groups and version-1 chunk indexes of many small nodes: made by stock, and changed by it until every node of
their trees has been emptied, split or merged. `make PATH`, `change PATH ROWS NAME...`: the rows of "/rows" are 0, 1, 2, ...
but for those that are negative, the names of "/names" are soft links to themselves. "/grid" holds one element a chunk, and loses and regains columns and rows. Says "fine", or what is wrong.
"""
import ctypes
import random
import sys

import h5py
import numpy as np

library = ctypes.CDLL(next(line.split()[-1] for line in open("/proc/self/maps") if "libhdf5_serial.so" in line))
NAMES, ROWS, CHUNK, HEIGHT, WIDTH = 60, 120, 2, 9, 13


def make(path):
    plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    assert library.H5Pset_sym_k(ctypes.c_int64(plist.id), ctypes.c_uint(1), ctypes.c_uint(1)) >= 0
    assert library.H5Pset_istore_k(ctypes.c_int64(plist.id), ctypes.c_uint(2)) >= 0
    fid = h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, fcpl=plist)
    with h5py.File(fid) as file:
        group = file.create_group("names")
        for i in range(NAMES):
            group[f"{i:03}"] = h5py.SoftLink(f"{i:03}")
        rows = file.create_dataset("rows", data=np.arange(ROWS, dtype="i4"), chunks=(CHUNK,), maxshape=(None,))
        assert rows.chunks == (CHUNK,)
        grid = np.arange(HEIGHT * WIDTH, dtype="i4").reshape(HEIGHT, WIDTH)
        file.create_dataset("grid", data=grid, chunks=(1, 1), maxshape=(None, None))


def expect(condition, text):
    if not condition:
        print(text)
        sys.exit(0)


def change(path, count, names):
    with h5py.File(path, "r+") as file:
        for name in file:
            h5py.h5o.get_info(file[name].id)  # follows the addresses of neighbours
        group = file["names"]
        for step in (1, 3, 2):
            for name in names[::step]:
                del group[name]
                expect(name not in group, f"{name} is still there")
                if step != 2:
                    group[name] = h5py.SoftLink(name)
                expect(sum(n in group for n in names) == len(group), f"a name cannot be found, after {name}")
        expect(list(group) == sorted(names[1::2]), f"names are {list(group)}")
        rows = file["rows"]
        kept = [int(value) for value in rows[()]]
        expect(len(kept) == count and all(v in (i, -i - 1) for i, v in enumerate(kept)), f"rows are {kept}")
        while kept:
            kept = kept[: -CHUNK - 1]
            rows.resize((len(kept),))
            expect([int(value) for value in rows[()]] == kept, f"{len(kept)} rows are {rows[()]}")
            if len(kept) % 5 == 0:
                rows.resize((len(kept) + 4 * CHUNK,))
                rows[len(kept) :] = 7
                rows.resize((len(kept),))
        grid = file["grid"]
        held = grid[()]
        expect(held.shape == (HEIGHT, WIDTH), f"the grid has shape {held.shape}")
        for turn in range(6):
            dice = random.Random(turn)
            height, width = dice.choice((HEIGHT, dice.randrange(1, HEIGHT))), dice.randrange(1, WIDTH)
            grid.resize((height, width))
            grid.resize((HEIGHT, WIDTH))
            cells = [(i, j) for i in range(HEIGHT) for j in range(WIDTH) if i >= height or j >= width]
            dice.shuffle(cells)
            for cell in cells:
                grid[cell] = held[cell]
            expect((grid[()] == held).all(), f"the grid is {grid[()]}, not {held}")
        rows.resize((50,))
        rows[:] = np.arange(50)
        expect(list(rows[()]) == list(range(50)), f"new rows are {rows[()]}")
    with h5py.File(path, "r") as file:
        expect(list(file["names"]) == sorted(names[1::2]), "names differ when opened again")
        expect(list(file["rows"][()]) == list(range(50)), "rows differ when opened again")
        expect((file["grid"][()] == held).all(), "the grid differs when opened again")
    print("fine")


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    change(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
