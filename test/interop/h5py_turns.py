"""
Stock's side of files that are edited in turns: one command a line (JSON), one answer a line.
{"make": path, "symbols": [internal, leaf], "chunks": K, "userblock": n, "libver": text}
{"path": path, "edits": [...]}: what h5py finds in the file after these edits
{..., "fork": true}: the same in a process of its own, which may crash
{..., "fork": true, "killed": true}: the process ends when it has made the edits and flushed, before it closes the file
{..., "driver": "split" | "multi"}: the same of a file whose members share this name
"""
import ctypes
import functools
import json
import os
import sys

import h5py
import numpy as np
from forked import forked, told

# What h5py has no name for; the library is loaded already.
library = ctypes.CDLL(next(line.split()[-1] for line in open("/proc/self/maps") if "libhdf5_serial.so" in line))


def access_for(command):
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    fapl = ctypes.c_int64(access.id)
    if command.get("driver") == "split":
        default = ctypes.c_int64(0)
        assert library.H5Pset_fapl_split(fapl, b"-m.h5", default, b"-r.h5", default) >= 0
    elif command.get("driver") == "multi":
        assert library.H5Pset_fapl_multi(fapl, None, None, None, None, ctypes.c_int(0)) >= 0
    return access


def opened(command, mode):
    flags = h5py.h5f.ACC_RDONLY if mode == "r" else h5py.h5f.ACC_RDWR
    return h5py.File(h5py.h5f.open(command["path"].encode(), flags, fapl=access_for(command)))


def make(command):
    plist = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    if "symbols" in command:
        assert library.H5Pset_sym_k(ctypes.c_int64(plist.id), *map(ctypes.c_uint, command["symbols"])) >= 0
    if "chunks" in command:
        assert library.H5Pset_istore_k(ctypes.c_int64(plist.id), ctypes.c_uint(command["chunks"])) >= 0
    if command.get("userblock"):
        plist.set_userblock(command["userblock"])
    if command.get("strategy") is not None:
        plist.set_file_space_strategy(command["strategy"], True, 1)
    access = access_for(command)
    low = {"earliest": h5py.h5f.LIBVER_EARLIEST, "latest": h5py.h5f.LIBVER_LATEST, "v108": h5py.h5f.LIBVER_V18}
    access.set_libver_bounds(low[command.get("libver", "earliest")], h5py.h5f.LIBVER_LATEST)
    h5py.File(h5py.h5f.create(command["make"].encode(), h5py.h5f.ACC_TRUNC, plist, access)).close()


def value(text):
    return text if isinstance(text, str) else np.array(text, "i4")


def elements(file, name, values):
    """Numbers as they are; texts and references made from numbers, as turns.ts makes them."""
    if name == "texts":
        return np.array([f"text {n} " * (abs(n) % 4) for n in values], dtype=object)
    if name == "references":
        out = np.empty(len(values), dtype=h5py.ref_dtype)
        for i, n in enumerate(values):
            out[i] = file["/"].ref if n % 2 == 0 else h5py.Reference()
        return out
    return np.array(values, "i4")


TYPES = {"texts": h5py.string_dtype(), "references": h5py.ref_dtype, "numbers": np.dtype("i4")}


def kind(dataset):
    if h5py.check_string_dtype(dataset.dtype):
        return "texts"
    return "references" if h5py.check_ref_dtype(dataset.dtype) else "numbers"


def edit(file, e):
    do, path = e["do"], e["path"] or "/"
    if do == "group":
        file.create_group(path)
    elif do == "dataset":
        storage = {} if e["kind"] == "plain" else {"maxshape": (None,), "chunks": (4,)}
        if e["kind"] == "packed":
            storage.update(compression="gzip", shuffle=True)
        name = e.get("elements", "numbers")
        file.create_dataset(path, data=elements(file, name, e["values"]), dtype=TYPES[name], **storage)
    elif do == "soft":
        file[path] = h5py.SoftLink(e["target"])
    elif do == "external":
        file[path] = h5py.ExternalLink("other.h5", e["target"])
    elif do == "hard":
        file[path] = file[e["from"]]
    elif do == "delete":
        del file[path]
    elif do == "move":
        file.move(path, e["to"])
    elif do == "attr":
        file[path].attrs.create(e["name"], value(e["value"]))
    elif do == "no attr":
        del file[path].attrs[e["name"]]
    elif do == "append":
        rows = file[path].shape[0]
        file[path].resize(rows + len(e["values"]), axis=0)
        file[path][rows:] = elements(file, kind(file[path]), e["values"])
    elif do == "slab":
        dataset = file[path]
        dataset[e["from"] : e["from"] + len(e["values"])] = elements(file, kind(dataset), e["values"])
    elif do == "copy":
        file.copy(path, e["to"])
    elif do == "resize":
        file[path].resize(e["rows"], axis=0)
    elif do == "comment":
        h5py.h5o.set_comment(file[path].id, e["text"].encode())
    else:
        raise ValueError(do)


def plain(x):
    return x.tolist() if isinstance(x, np.ndarray) else x


def comment(obj):
    """h5py's own query returns what memory holds where there is none."""
    size = library.H5Oget_comment(ctypes.c_int64(obj.id.id), None, ctypes.c_size_t(0))
    text = ctypes.create_string_buffer(size + 1)
    library.H5Oget_comment(ctypes.c_int64(obj.id.id), text, ctypes.c_size_t(size + 1))
    return text.value.decode()


def element(dataset, x):
    if isinstance(x, bytes):
        return x.decode()
    if isinstance(x, h5py.Reference):
        assert not x or dataset.file[x].name == "/", "a reference leads elsewhere"
        return bool(x)
    return x


def tree(group):
    found = {}
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink):
            found[name] = {"soft": link.path}
        elif isinstance(link, h5py.ExternalLink):
            found[name] = {"external": link.path}
        else:
            obj = group[name]
            assert len(obj.attrs) == len(list(obj.attrs)), f"{name}: counts {len(obj.attrs)} attributes"
            entry = {"attrs": {key: plain(v) for key, v in obj.attrs.items()}, "count": h5py.h5o.get_info(obj.id).rc}
            text = comment(obj)
            if text:
                entry["comment"] = text
            if isinstance(obj, h5py.Group):
                entry["links"] = tree(obj)
            else:
                entry["value"] = [element(obj, x) for x in obj[()].tolist()]
            found[name] = entry
    return found


def answer(command):
    if "make" in command:
        make(command)
        return {}
    with opened(command, "r+" if command["edits"] else "r") as file:
        for e in command["edits"]:
            edit(file, e)
        if command.get("killed"):
            file.flush()
            os._exit(9)
    with opened(command, "r") as file:
        return {"attrs": {key: plain(v) for key, v in file.attrs.items()}, "links": tree(file)}


for line in sys.stdin:
    command = json.loads(line)
    work = functools.partial(answer, command)
    print(forked(work, 60) if command.get("fork") else told(work), flush=True)
