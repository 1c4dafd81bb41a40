"""Scripts that use h5py, each in a process forked from this one, which has loaded it: `forks.py REQUESTS ANSWERS`.

REQUESTS and ANSWERS are named pipes. A request is one line of JSON, {"script": path or "code": text, "args", "cwd"}; its
answer a line [status, bytes of standard output, bytes of standard error], and these bytes.
"""
import json
import os
import runpy
import sys
import traceback

requests = open(sys.argv[1])
answers = open(sys.argv[2], "wb")

import h5py  # noqa: E402, F401
import numpy  # noqa: E402, F401


def run(args, cwd=None, script=None, code=None):
    """As Python runs it; gives the status."""
    if cwd is not None:
        os.chdir(cwd)
    sys.argv = [script or "-c", *args]
    sys.path[0] = os.path.dirname(script or "")
    try:
        if script is not None:
            runpy.run_path(script, run_name="__main__")
        else:
            exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def forked(request):
    outputs = [os.memfd_create("stdout"), os.memfd_create("stderr")]
    child = os.fork()
    if child == 0:
        os.dup2(outputs[0], 1)
        os.dup2(outputs[1], 2)
        # Not os._exit: HDF5 closes at the end what a script left open.
        sys.exit(run(**request))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    written = []
    for output in outputs:
        with os.fdopen(output, "rb") as file:
            file.seek(0)
            written.append(file.read())
    return status, *written


for line in requests:
    status, stdout, stderr = forked(json.loads(line))
    answers.write(json.dumps([status, len(stdout), len(stderr)]).encode() + b"\n" + stdout + stderr)
    answers.flush()
