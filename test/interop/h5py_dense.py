"""Links and attributes that stock libhdf5 keeps in a fractal heap.

  list PATH                          of the root group: names by name, by creation order where kept, attributes likewise
  edit PATH                          delete every third, add twenty, replace five; then list
  empty PATH                         delete all, one flush in between; then list
  make PATH COUNT ORDER LINKS ATTRS  COUNT soft links and attributes; ORDER 0 none, 1 tracked, 3 indexed;
                                     LINKS and ATTRS: "max,min" of their phase change
"""
import ctypes
import json
import sys

import h5py
import numpy as np

library = ctypes.CDLL(next(line.split()[-1] for line in open("/proc/self/maps") if "libhdf5_serial.so" in line))


def names(file, index):
    found = []
    file.id.links.iterate(lambda name: found.append(name.decode()), idx_type=index)
    return found


def attributes(file, index):
    found = []
    h5py.h5a.iterate(file.id, lambda name, *_: found.append(name.decode()), index_type=index)
    return found


def value(file, name):
    read = file.attrs[name]
    return f"{len(read)} from {read[0]}" if isinstance(read, np.ndarray) else int(read)


def listing(path):
    with h5py.File(path, "r") as file:
        answer = {
            "links": {name: file.get(name, getlink=True).path for name in names(file, h5py.h5.INDEX_NAME)},
            "attributes": {name: value(file, name) for name in attributes(file, h5py.h5.INDEX_NAME)},
            "counts": [len(file), len(file.attrs)],
        }
        for key, listed in (("linkOrder", names), ("attributeOrder", attributes)):
            try:
                answer[key] = listed(file, h5py.h5.INDEX_CRT_ORDER)
            except (RuntimeError, ValueError):
                pass  # order is not kept
    return answer


def edit(path):
    with h5py.File(path, "r+") as file:
        for name in sorted(file)[::3]:
            del file[name]
        for name in sorted(file.attrs)[::3]:
            del file.attrs[name]
        for i in range(20):
            file[f"stock {i}"] = h5py.SoftLink(f"/stock/{i}")
            file.attrs[f"stock {i}"] = np.int32(i)
        for name in sorted(file.attrs)[:5]:
            file.attrs.modify(name, np.int32(-1)) if file.attrs[name].shape == () else None
    return listing(path)


def empty(path):
    with h5py.File(path, "r+") as file:
        for i, name in enumerate(list(file)):
            del file[name]
            if i == 3:
                file.flush()
        for name in list(file.attrs):
            del file.attrs[name]
    return listing(path)


def make(path, count, order, links, attrs):
    plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    plist.set_link_creation_order(int(order))
    plist.set_attr_creation_order(int(order))
    for function, text in ((library.H5Pset_link_phase_change, links), (library.H5Pset_attr_phase_change, attrs)):
        most, least = map(int, text.split(","))
        assert function(ctypes.c_int64(plist.id), ctypes.c_uint(most), ctypes.c_uint(least)) >= 0
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    access.set_libver_bounds(h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_LATEST)
    with h5py.File(h5py.h5f.create(path.encode(), h5py.h5f.ACC_TRUNC, plist, access)) as file:
        for i in range(int(count)):
            file[f"link {i}"] = h5py.SoftLink(f"/target/{i}")
            file.attrs[f"attribute {i}"] = np.int32(i)
    return listing(path)


print(json.dumps({"list": listing, "edit": edit, "empty": empty, "make": make}[sys.argv[1]](*sys.argv[2:])))
