"""The jobs of jobs.ts with h5py over fsspec's HTTP files: python3 peer_fsspec.py URL JOB; prints the result as JSON."""
import json
import sys

import fsspec
import h5py

url, job = sys.argv[1:]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def listed(file):
    return [len(list(file)), text(file.attrs["title"])]


def walked(file):
    counts = [0, 0]

    def visit(_, item):
        counts[0] += 1
        for name in item.attrs:
            item.attrs[name]
            counts[1] += 1

    file.visititems(visit)
    return counts


def session(file):
    names = ["identifier", "session_description", "session_start_time", "timestamps_reference_time"]
    return [*(text(file[name][()]) for name in names), text(file.attrs["nwb_version"])]


def sliced(file):
    data = file["acquisition/ElectricalSeries/data"]
    return [session(file), [list(data[600_000:630_000, 8:12].shape), float(data.attrs["conversion"])]]


def chunks(file):
    return len(file["data"][...])


JOBS = {"listed": listed, "walked": walked, "session": session, "sliced": sliced, "chunks": chunks}
with fsspec.open(url, "rb") as stream, h5py.File(stream, "r") as file:
    print(json.dumps(JOBS[job](file)))
