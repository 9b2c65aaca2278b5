"""`infer serve` as a process of its own, and the table of what it did."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from rich.table import Table

from benchmarks.inference.load import LoadFigures
from common.runtime.errors import UserError

START_S = 120
STOP_S = 30
THRESHOLD = "0.3"  # for weights that have none; no figure depends on it


@dataclass(frozen=True)
class RunningService:
    """A service on this machine."""

    port: int
    pid: int

    def memory(self) -> int:
        """Bytes resident, of the process and its children."""
        root = psutil.Process(self.pid)
        return sum(process.memory_info().rss for process in [root, *root.children(recursive=True)])


@contextmanager
def running_service(model: str, folder: Path) -> Iterator[RunningService]:
    """Start `python -m infer serve` and stop it at the end. Raises UserError when it does not start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-m", "infer", "serve", "--model", str(_absolute(model)), "--threshold", THRESHOLD]
    with (folder / "service.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, *words, "--port", str(port)],
            cwd=Path(__file__).resolve().parents[2],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(process, port, folder / "service.log")
            yield RunningService(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def service_table(figures: LoadFigures) -> Table:
    """Rates, latencies, faults and memory."""
    table = Table("service", "")
    table.add_row("valid requests", f"{len(figures.seconds):,}")
    table.add_row("requests/s", f"{len(figures.seconds) / figures.elapsed:.1f}")
    if figures.seconds:
        middle, high = 1000 * np.percentile(figures.seconds, [50, 99])
        table.add_row("p50, p99", f"{middle:.1f} ms, {high:.1f} ms")
    failed = ", ".join(f"{count} {outcome}" for outcome, count in sorted(figures.failed.items()))
    table.add_row("valid requests refused", failed or "0")
    table.add_row("answers unlike those of the quiet service", str(figures.differing))
    start, early, end = (f"{size / 1e6:.0f}" for size in figures.memory)
    table.add_row("memory at start, early, at the end", f"{start} MB, {early} MB, {end} MB")
    for outcome, count in sorted(figures.hostile.items()):
        table.add_row(f"hostile: {outcome}", str(count))
    return table


def _absolute(model: str) -> Path | str:
    """A file's name from anywhere; the service starts elsewhere."""
    return Path(model).resolve() if Path(model).is_file() else model


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if json.loads(connection.getresponse().read())["status"] == "ok":
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            connection.close()
    raise UserError(f"the service did not start: {log.read_text(encoding='utf-8').strip()}")
