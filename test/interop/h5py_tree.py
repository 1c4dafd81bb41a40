"""What h5py finds in a file, as JSON: links by kind, types, shapes, attributes, values. For the tests of the writer."""
import json
import sys

import h5py
import numpy as np


def plain(value):
    if isinstance(value, h5py.Empty):
        return None
    if isinstance(value, h5py.h5r.Reference):
        return {"reference": bool(value)}
    if isinstance(value, np.void) and value.dtype.names:
        return {name: plain(value[name]) for name in value.dtype.names}
    if isinstance(value, np.void):
        return value.tobytes().hex()
    if isinstance(value, np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, (bytes, np.bytes_)):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, (np.bool_, bool)):
        return bool(value)
    if isinstance(value, (np.integer, int)):
        return str(int(value)) if abs(int(value)) > 2**53 else int(value)
    if isinstance(value, (np.floating, float)):
        return float(value)
    return value


def attributes(obj):
    return {name: plain(obj.attrs[name]) for name in sorted(obj.attrs)}


def tree(group):
    found = {}
    for name in group:
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.SoftLink):
            found[name] = {"soft": link.path}
        elif isinstance(link, h5py.ExternalLink):
            found[name] = {"external": [link.filename, link.path]}
        else:
            obj = group[name]
            assert len(obj.attrs) == len(list(obj.attrs)), f"{name}: counts {len(obj.attrs)} attributes"
            entry = {"attrs": attributes(obj), "refcount": h5py.h5o.get_info(obj.id).rc}
            if isinstance(obj, h5py.Group):
                entry["links"] = tree(obj)
            elif isinstance(obj, h5py.Dataset):
                entry.update(
                    shape=None if obj.shape is None else list(obj.shape),
                    chunks=None if obj.chunks is None else list(obj.chunks),
                    maxshape=None if obj.maxshape is None else list(obj.maxshape),
                    filters=[obj.id.get_create_plist().get_filter(i)[0] for i in range(obj.id.get_create_plist().get_nfilters())],
                    value=plain(obj[()]),
                )
            found[name] = entry
    return found


arguments = {"driver": "family", "memb_size": int(sys.argv[2])} if len(sys.argv) > 2 else {}
with h5py.File(sys.argv[1], "r", **arguments) as file:
    json.dump({"attrs": attributes(file), "links": tree(file)}, sys.stdout)
