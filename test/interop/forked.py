"""Work that may crash the library, in a process of its own."""
import json
import os
import signal


def forked(work, seconds):
    """
    What `work` returns, as JSON; {"error": text} where it raises, or its process ends, at the latest after `seconds`.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(seconds)
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            pipe.write(told(work))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return text or json.dumps({"error": f"the process ended with status {status}"})


def told(work):
    """The same in this process."""
    try:
        return json.dumps(work())
    except Exception as error:  # told to who asks, and fails there
        return json.dumps({"error": f"{type(error).__name__}: {error}"})
