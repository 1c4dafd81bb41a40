"""Writes a file in SWMR mode, one step per line of standard input; answers each with a line.

usage: swmr_writer.py FILE; then `grow N` (rows of all datasets), `change`, `close`
"""
import sys

import h5py
import numpy
from storage_files import low_level

with h5py.File(sys.argv[1], "w", libver="latest") as file:
    line = file.create_dataset("line", (0,), "<i4", maxshape=(None,), chunks=(100,))
    packed = file.create_dataset("packed", (0, 3), "<i4", maxshape=(None, 3), chunks=(50, 3), compression=1)
    both = file.create_dataset("both", (1, 1), "<i4", maxshape=(None, None), chunks=(4, 4))
    endless = ((0,), (h5py.h5s.UNLIMITED,), (1,), (1,))
    low_level(file, "virtual", (0,), (None,), "<i4", [(endless, ".", "line", (0,), endless)])
    file.swmr_mode = True
    print("ready", flush=True)
    for text in sys.stdin:
        words = text.split()
        if words[0] == "close":
            break
        if words[0] == "grow":
            rows = int(words[1])
            old = line.shape[0]
            line.resize((rows,))
            line[old:] = numpy.arange(old, rows)
            packed.resize((rows, 3))
            packed[old:] = numpy.arange(3 * old, 3 * rows).reshape(-1, 3)
            side = max(1, rows // 50)
            both.resize((side, side))
            both[:] = numpy.arange(side * side).reshape(side, side)
        elif words[0] == "change":
            line[:] = -line[:]
        file.flush()
        print("done", flush=True)
print("closed", flush=True)
