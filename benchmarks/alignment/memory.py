"""How much memory a command takes."""

import contextlib
import subprocess
import time
from collections.abc import Sequence

import psutil

EVERY_S = 0.05


def peak_memory(command: Sequence[str]) -> int:
    """The most bytes that a command and its children held at one time, resident.

    Pages that they share are counted for each, so that the figure is on the high side. Raises
    CalledProcessError when the command fails.
    """
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    peak = 0
    while running.poll() is None:
        total = 0
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(running.pid)
            for process in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                    total += process.memory_info().rss
        peak = max(peak, total)
        time.sleep(EVERY_S)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, list(command))
    return peak
