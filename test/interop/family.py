"""`h5ts split` and `h5ts join` against the family driver of libhdf5 and h5repart, in both directions.

usage: family.py OUT CLI

OUT is the folder that examples/linking-data.ts wrote, CLI the built command line (dist/cli/main.js). Prints one line per
check, and `N passed, M failed` at the end.
"""
import glob
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from structure import structure

MEMBER = 64 * 1024
passed = failed = 0


def guarded(name, call):
    """One check: its finding is a text, or what it raises."""
    global passed, failed
    try:
        finding = call()
    except Exception as error:  # noqa: BLE001  an oracle's refusal is the finding
        finding = f"{type(error).__name__}: {str(error)[:500]}"
    if finding:
        failed += 1
        print(f"FAIL {name}\n     {finding}")
    else:
        passed += 1
        print(f"ok   {name}")


def command(*args):
    done = subprocess.run(args, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(args)}: status {done.returncode}: {done.stderr.strip()}")


def content(f):
    """Structure and values of everything in a file."""
    found = structure(f)
    values = {}

    def take(path, obj):
        if isinstance(obj, h5py.Dataset) and obj.shape is not None:
            values[path] = np.array(obj[()]).tobytes() if obj.dtype.kind != "O" else repr(obj[()])

    f.visititems(take)
    return found, values


def plain(path):
    with h5py.File(path, "r") as f:
        return content(f)


def as_family(pattern, size=MEMBER):
    with h5py.File(pattern, "r", driver="family", memb_size=size) as f:
        return content(f)


def same(a, b):
    for index, what in enumerate(("structure", "values")):
        for key in {*a[index], *b[index]}:
            if a[index].get(key) != b[index].get(key):
                return f"{what} of {key}: {str(a[index].get(key))[:200]} and {str(b[index].get(key))[:200]}"
    return None


def check_file(cli, path, title, folder):
    with h5py.File(path, "r") as f:
        version = f.id.get_create_plist().get_version()[0]
    expected = plain(path)
    ours = os.path.join(folder, "ours_%05d.h5")
    stock = os.path.join(folder, "stock_%05d.h5")

    def split():
        command("node", cli, "split", "--member-size", str(MEMBER), path, ours)
        members = sorted(glob.glob(os.path.join(folder, "ours_?????.h5")))
        sizes = [os.path.getsize(member) for member in members]
        if any(size != MEMBER for size in sizes[:-1]) or not 0 < sizes[-1] <= MEMBER:
            return f"members of {sizes} bytes"
        return same(expected, as_family(ours))

    def wrong_size():
        try:
            as_family(ours, MEMBER * 2)
        except OSError:
            return None
        return "libhdf5 opens the family with another member size: the size is not recorded"

    def join():
        target = os.path.join(folder, "joined.h5")
        command("node", cli, "join", ours, target)
        return same(expected, plain(target))

    def joined_by_h5repart():
        target = os.path.join(folder, "stock_joined.h5")
        command("h5repart", "-family_to_single", ours, target)
        return same(expected, plain(target))

    def divided_by_h5repart():
        pattern = os.path.join(folder, "divided_%05d.h5")
        command("h5repart", "-m", str(MEMBER // 2), ours, pattern)
        return same(expected, as_family(pattern, MEMBER // 2))

    def edited_by_stock():
        with h5py.File(ours, "r+", driver="family", memb_size=MEMBER) as f:
            f.create_dataset("edited_by_stock/values", data=np.arange(50_000.0), chunks=(1000,), compression="gzip")
            f.attrs["edited"] = 1
        target = os.path.join(folder, "edited.h5")
        command("node", cli, "join", ours, target)
        with h5py.File(target, "r+") as f:
            if not np.array_equal(f["edited_by_stock/values"][...], np.arange(50_000.0)):
                return "values differ"
            f["edited_by_stock/more"] = np.arange(10)
        found = plain(target)
        return None if len(found[0]) == len(expected[0]) + 3 else f"{len(found[0])} objects"

    def split_by_h5repart():
        command("h5repart", "-m", str(MEMBER), path, stock)
        target = os.path.join(folder, "from_stock.h5")
        command("node", cli, "join", "--member-size", str(MEMBER), stock, target)
        return same(expected, plain(target))

    guarded(f"{title}: split, read by libhdf5's family driver", split)
    guarded(f"{title}: split, another member size is refused by libhdf5", wrong_size)
    guarded(f"{title}: split and joined", join)
    guarded(f"{title}: split, divided anew by h5repart", divided_by_h5repart)
    if version < 2:
        # h5repart 1.10.8 crashes here for superblocks 2 and 3, on families that libhdf5 made too.
        guarded(f"{title}: split, joined by h5repart", joined_by_h5repart)
    guarded(f"{title}: split by h5repart, joined", split_by_h5repart)
    guarded(f"{title}: split, edited by libhdf5, joined, edited again", edited_by_stock)
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))


def check_stock_family(cli, folder):
    """A family that libhdf5 made, with its driver information in the usual place."""
    for libver in ("earliest", "v108", "v110"):
        pattern = os.path.join(folder, "made_%d.h5")
        # A plain file of the same content stands in for what the family must hold.
        with h5py.File(pattern, "w", driver="family", memb_size=MEMBER, libver=(libver, "latest")) as f:
            fill(f)
        expected = as_family(pattern)

        def join():
            target = os.path.join(folder, "joined.h5")
            command("node", cli, "join", pattern, target)
            return same(expected, plain(target))

        guarded(f"family made by libhdf5, {libver}: joined", join)
        for name in os.listdir(folder):
            os.remove(os.path.join(folder, name))


def fill(f):
    f["group/numbers"] = np.arange(30_000, dtype="i4").reshape(3000, 10)
    f.create_dataset("chunked", data=np.arange(40_000.0), chunks=(1000,), maxshape=(None,), compression="gzip", shuffle=True)
    f["text"] = "a text of variable length"
    f["link"] = h5py.SoftLink("/group/numbers")
    f.attrs["version"] = 1


def variants(folder):
    """Files of every superblock version, with and without an extension."""
    options = {
        "superblock 0": {"libver": "earliest"},
        "superblock 2": {"libver": ("v108", "v108")},
        "superblock 3": {"libver": ("v110", "v110")},
        "superblock 3, pages": {"libver": ("v110", "v110"), "fs_strategy": "page", "fs_page_size": 4096},
        "superblock 3, pages, persistent free space": {
            "libver": ("v110", "v110"), "fs_strategy": "page", "fs_page_size": 4096, "fs_persist": True,
        },
        "superblock 2, persistent free space": {"libver": ("v110", "v110"), "fs_strategy": "fsm", "fs_persist": True},
    }
    for title, keywords in options.items():
        path = os.path.join(folder, f"{title.replace(', ', '-').replace(' ', '-')}.h5")
        with h5py.File(path, "w", **keywords) as f:
            fill(f)
            # Free space in the middle, to be recorded where that is kept.
            f["gone"] = np.arange(9000)
            del f["gone"]
        yield title, path


def main(out, cli):
    with tempfile.TemporaryDirectory() as sources, tempfile.TemporaryDirectory() as folder:
        for name in ("exported_single_example.nwb", "external1_example.nwb"):
            check_file(cli, os.path.join(out, name), name, folder)
        for title, path in variants(sources):
            check_file(cli, path, title, folder)
        check_stock_family(cli, folder)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
