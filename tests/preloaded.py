"""Processes that begin with the slow imports behind them: what the tests of commands spend their time on.

`python tests/preloaded.py DESCRIPTOR` imports torch and its like once, then forks for every connection to a
socket that listens already. Such a process goes on as `python -m MODULE` or `python SCRIPT.py` would, with
its own working folder, environment, streams, exit status, pid and process group, and has no module of this
project yet. What a library reads of the environment at its import is as at the start.
"""

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

LIBRARIES = (
    "torch",
    "timm",
    "cv2",
    "h5py",
    "onnxruntime",
    "lightning_fabric",
    "pydantic",
    "typer",
    "rich.progress",
    "jinja2",
    "matplotlib.figure",
    "onnx",
    "scipy.optimize",
    "torchvision.transforms.v2",
)
MOST_BYTES = 1_000_000  # of a request


def _wait_for_words(descriptor: int) -> list[str]:
    """Fork for every request; only the forked process comes back, with what it is to run."""
    waiting = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the ones that report
    while True:
        connection, _ = waiting.accept()
        if os.fork():
            connection.close()
            continue
        waiting.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        request, streams, _, _ = socket.recv_fds(connection, MOST_BYTES, 2)
        if pid := os.fork():
            os.setpgid(pid, pid)  # here as well, for whoever hears the pid may signal its group at once
            for stream in streams:
                os.close(stream)
            with suppress(OSError):  # the client may be gone
                connection.sendall(b"%d\n" % pid)
            _, status = os.waitpid(pid, 0)
            with suppress(OSError):
                connection.sendall(b"%d\n" % status)
            os._exit(0)
        connection.close()
        os.setpgid(0, 0)
        asked = json.loads(request)
        for stream, number in zip(streams, (1, 2), strict=True):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(asked["environment"])
        os.chdir(asked["cwd"])
        words: list[str] = asked["words"]
        return words


if __name__ == "__main__":
    for library in LIBRARIES:
        __import__(library)
    gc.freeze()  # else each process that looks for garbage copies what it shares with the others
    called = _wait_for_words(int(sys.argv[1]))
    if os.environ.get("PYTHONUNBUFFERED"):
        sys.stdout.reconfigure(write_through=True)
    is_script = called[0].endswith(".py")
    sys.argv = [called[0] if is_script else "-m", *called[1:]]
    sys.path[0] = str(Path(called[0]).resolve().parent if is_script else Path.cwd())
    try:
        if is_script:
            runpy.run_path(called[0], run_name="__main__")
        else:
            runpy._run_module_as_main(called[0])
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        status = end.code or 0
    else:
        status = 0
    # as Python ends, but for taking down every object, which would copy them all
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
