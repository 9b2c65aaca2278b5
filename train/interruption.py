"""Graceful stop: Ctrl-C and SIGTERM end a run between two steps."""

import signal
import threading
from types import FrameType, TracebackType

import torch
import torch.distributed as dist
from lightning_fabric import Fabric

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GPU_STEPS = 10  # after which several GPUs ask each other, for which the host waits for all work of theirs


class Interruption:
    """Context in which the first signal is a request to stop; a second one acts as it always does."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._asked = False
        self._before: dict[int, object] = {}
        self._every = 1 if fabric.device.type == "cpu" else GPU_STEPS
        self._steps = 0

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():  # elsewhere signals cannot be handled
            self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def requested(self) -> bool:
        """Whether to stop now: the same answer in all processes, each of which must ask after every step."""
        if self._fabric.world_size == 1:
            return self._asked
        self._steps += 1
        if self._steps % self._every:
            return False
        asked = torch.tensor(float(self._asked), device=self._fabric.device)
        dist.all_reduce(asked)
        return bool(asked > 0)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before = {}


def ignore_interrupts(worker: int) -> None:
    """`worker_init_fn` of data loaders: signals reach workers too, and are the main process's to answer."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
