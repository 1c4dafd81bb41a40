"""Manifests of many files by one process: what libhdf5 finds in them.

usage: manifests.py MANIFEST_PY < LINES

Each line is "FILE<tab>OUT": the manifest of FILE, as the corpus' tools/manifest.py makes it, is written to OUT by a
forked process, since the library may crash on it. Prints FILE<tab>ok or FILE<tab>status per line.
"""
import importlib.util
import os
import sys

spec = importlib.util.spec_from_file_location("manifest", sys.argv[1])
manifest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(manifest)

for line in sys.stdin:
    file, out = line.rstrip("\n").split("\t")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), 1)
        sys.argv = ["manifest.py", file]
        manifest.main()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(f"{file}\t{'ok' if status == 0 else status}", flush=True)
