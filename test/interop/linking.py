"""The files of examples/linking-data.ts, as h5py, h5dump and HDMF see them.

usage: linking.py OUT [CORPUS]

OUT is the folder that the example wrote. With CORPUS (the folder nwb of the conformance corpus) every file is compared
with the one PyNWB wrote in the same step. Prints one line per check, and `N passed, M failed` at the end.
"""
import difflib
import os
import sys

import h5py
import numpy as np
from hdmf_files import check
from structure import family, flat, h5dump, structure

MEMBER_SIZE = 1 << 20

# File -> what PyNWB wrote in the same step, and what only that file has.
STEPS = {
    "external1_example.nwb": ("external_links/external1.nwb", []),
    "external2_example.nwb": ("external_links/external2.nwb", []),
    "external_linkdataset_example.nwb": ("external_links/linkdataset.nwb", ["/acquisition/copied"]),
    "external_linkcontainer_example.nwb": ("external_links/linkcontainer.nwb", []),
    "external_copy_example.nwb": ("external_links/shallow_copy.nwb", ["/processing/filtered"]),
    "exported_single_example.nwb": ("external_links/linkcontainer_export_resolved.nwb", []),
    "exported_links_example.nwb": ("external_links/linkcontainer_export_links.nwb", []),
    "family_nwb_file_%d.nwb": ("family/family_%d.nwb", []),
}

ONE, TWO = "external1_example.nwb", "external2_example.nwb"
SERIES = "/acquisition/test_timeseries"

# File -> external links it must hold, and nothing but them: path -> (file, path in it).
LINKS = {
    ONE: {},
    TWO: {},
    "external_linkdataset_example.nwb": {f"{SERIES}{n}/data": (ONE, f"{SERIES}1/data") for n in (4, 5)},
    "external_linkcontainer_example.nwb": {f"{SERIES}1": (ONE, f"{SERIES}1"), f"{SERIES}2": (TWO, f"{SERIES}2")},
    "exported_single_example.nwb": {},
    "exported_links_example.nwb": {f"{SERIES}1": (ONE, f"{SERIES}1"), f"{SERIES}2": (TWO, f"{SERIES}2")},
}

# File -> TimeSeries whose data and timestamps, links followed, are those of the tutorial.
VALUES = {
    ONE: [1],
    TWO: [2],
    "external_linkdataset_example.nwb": [4, 5],
    "external_linkcontainer_example.nwb": [1, 2],
    "exported_single_example.nwb": [1, 2],
    "exported_links_example.nwb": [1, 2],
}

passed = failed = 0


def report(name, problems):
    """One check: passed when there are no problems."""
    global passed, failed
    if problems:
        failed += 1
        print(f"FAIL {name}")
        for problem in problems[:20]:
            print(f"     {problem}")
        if len(problems) > 20:
            print(f"     and {len(problems) - 20} more")
    else:
        passed += 1
        print(f"ok   {name}")


def guarded(name, call):
    """A check that may raise: what it raises is its finding."""
    try:
        problems = call()
    except Exception as error:  # noqa: BLE001  an oracle's refusal is the finding
        problems = [f"{type(error).__name__}: {str(error)[:500]}"]
    report(name, problems)


def member_size(name):
    return MEMBER_SIZE if "%" in name else None


def opened(folder, name):
    path = os.path.join(folder, name)
    return h5py.File(path, "r", driver="family", memb_size=MEMBER_SIZE) if "%" in name else h5py.File(path, "r")


def links(folder, name):
    with opened(folder, name) as f:
        found = {path: entry[1:] for path, entry in structure(f).items() if entry[0] == "external link"}
    wrong = [f"{path} -> {found.get(path)}, expected {target}" for path, target in LINKS[name].items() if found.get(path) != target]
    return wrong + [f"{path} -> {target} is not expected" for path, target in found.items() if path not in LINKS[name]]


def values(folder, name):
    wrong = []
    with opened(folder, name) as f:
        for number in VALUES[name]:
            series = f[f"{SERIES}{number}"]
            if not np.array_equal(series["data"][...], np.arange(1000).reshape(100, 10)):
                wrong.append(f"{series.name}/data differs from arange(1000).reshape(100, 10)")
            if not np.array_equal(series["timestamps"][...], np.arange(100.0)):
                wrong.append(f"{series.name}/timestamps differs from arange(100.)")
    return wrong


def copy_links(folder):
    """Everything the copy links lies in the file it is a copy of, and is there."""
    wrong = []
    with opened(folder, "external_copy_example.nwb") as f:
        found = {path: entry[1:] for path, entry in structure(f).items() if entry[0] == "external link"}
        if not found:
            wrong.append("holds no external link")
        for path, (file, target) in found.items():
            if file not in (ONE, TWO, "external_linkcontainer_example.nwb"):
                wrong.append(f"{path} leads to {file}:{target}")
            elif f.get(path) is None:
                wrong.append(f"{path} -> {file}:{target} leads nowhere")
    return wrong


def members(folder):
    """All members but the last are 1 MiB, and the data was written through to the last one."""
    sizes = []
    while os.path.exists(os.path.join(folder, f"family_nwb_file_{len(sizes)}.nwb")):
        sizes.append(os.path.getsize(os.path.join(folder, f"family_nwb_file_{len(sizes)}.nwb")))
    wrong = [f"member {i} has {size} bytes" for i, size in enumerate(sizes[:-1]) if size != MEMBER_SIZE]
    if len(sizes) < 2:
        wrong.append(f"{len(sizes)} members")
    with opened(folder, "family_nwb_file_%d.nwb") as f:
        data = next(iter(f["acquisition"].values()))["data"]
        if data.ndim != 2 or data.shape[1] != 10 or data.shape[0] == 0 or data.maxshape != (None, 10):
            wrong.append(f"data has shape {data.shape} of at most {data.maxshape}")
        elif not np.isfinite(data[...]).all() or not data[data.shape[0] - 1].any():
            wrong.append("data was not written to the end")
    return wrong


def below(path, roots):
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def renamed(file):
    """The name of a file of the tutorial as the corpus has it."""
    return file.replace("_example.nwb", ".nwb")


def comparable(f, is_family, ignored):
    """The structure without what legitimately differs: ids, and the names and the length of the family's data."""
    found = {}
    for path, entry in structure(f).items():
        if below(path, ignored):
            continue
        if entry[0] == "external link":
            entry = (entry[0], renamed(entry[1]), entry[2])
        attributes = entry[-1]
        if isinstance(attributes, dict) and "object_id" in attributes:
            attributes["object_id"] = attributes["object_id"][:2]
        if is_family and path.startswith("/acquisition/"):
            # Other names, dimensions and chunks than in the corpus: kinds, types and attributes are compared.
            parts = path.split("/")
            path = "/".join(["", "acquisition", "SERIES", *parts[3:]])
            if entry[0] == "dataset":
                entry = (entry[0], entry[1], entry[3][0], entry[4])
        found[path] = entry
    return found


def against_pynwb(folder, name, corpus):
    theirs, ignored = STEPS[name]
    is_family = "%" in name
    with opened(folder, name) as ours, family(os.path.join(corpus, theirs)) as other:
        a, b = comparable(ours, is_family, ignored), comparable(other, is_family, ignored)
    wrong = [f"{path}: {a.get(path, 'absent')}, PyNWB: {b.get(path, 'absent')}" for path in sorted({*a, *b}) if a.get(path) != b.get(path)]
    return wrong


def dumps(folder, name, corpus):
    """`h5dump -p -H` of both files, without the parts that only one has, and without addresses."""
    theirs, ignored = STEPS[name]
    mine, other = ([line for line in relevant(path, ignored)] for path in (os.path.join(folder, name), os.path.join(corpus, theirs)))
    mine = [renamed(line) for line in mine]
    return [line for line in difflib.unified_diff(sorted(other), sorted(mine), "PyNWB", "h5ts", n=0, lineterm="") if line[0] in "+-"]


def relevant(path, ignored):
    """Lines of the dump below the root group; the headers name groups one by one, so paths are put together here."""
    groups = {f" / ".join(f'GROUP "{part}"' for part in root.strip("/").split("/")) for root in ignored}
    for line in flat(h5dump(path)):
        rest = line.partition('GROUP "/"')[2].removeprefix(" / ")
        if rest and not any(rest == group or rest.startswith(f"{group} /") for group in groups):
            yield rest


def read_by_hdmf(folder, name):
    namespaces, errors, children = check(os.path.join(folder, name), member_size(name))
    wrong = [f"validation: {error}" for error in errors]
    if namespaces != ["core", "hdmf-common", "hdmf-experimental"]:
        wrong.append(f"namespaces {namespaces}")
    expected = [f"test_timeseries{number}" for number in VALUES.get(name, [])]
    if expected and children != expected:
        wrong.append(f"read {children}, expected {expected}")
    return wrong


def main(folder, corpus):
    for name in STEPS:
        if name in LINKS:
            guarded(f"{name}: external links (h5py)", lambda: links(folder, name))
        if name in VALUES:
            guarded(f"{name}: values (h5py)", lambda: values(folder, name))
        guarded(f"{name}: namespaces, validation, reading (HDMF)", lambda: read_by_hdmf(folder, name))
        if corpus is None:
            guarded(f"{name}: h5dump -p -H", lambda: [] if flat(h5dump(os.path.join(folder, name))) else ["prints nothing"])
        else:
            guarded(f"{name}: links, types, attributes as PyNWB's (h5py)", lambda: against_pynwb(folder, name, corpus))
            if "%" not in name:
                guarded(f"{name}: as PyNWB's (h5dump -p -H)", lambda: dumps(folder, name, corpus))
            else:
                guarded(f"{name}: h5dump -p -H -f family", lambda: [] if flat(h5dump(os.path.join(folder, name))) else ["prints nothing"])
    guarded("external_copy_example.nwb: external links (h5py)", lambda: copy_links(folder))
    guarded("family_nwb_file_%d.nwb: members", lambda: members(folder))
    if corpus is None:
        print("left out: the comparison with PyNWB's files, for want of the corpus")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else None))
