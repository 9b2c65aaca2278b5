"""Ctrl-C and SIGTERM end a run between two steps, not within one."""

import signal
import threading
from types import FrameType, TracebackType

import torch
import torch.distributed as dist
from lightning_fabric import Fabric

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While it is entered, the first signal is a request to stop; a second one acts as it always does."""

    def __init__(self, fabric: Fabric) -> None:
        self._fabric = fabric
        self._asked = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():  # elsewhere signals cannot be handled
            self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def requested(self) -> bool:
        """Whether to stop now: the same answer in all processes, each of which must ask."""
        if self._fabric.world_size == 1:
            return self._asked
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
    """For processes that read ahead: signals reach them too, and are the main process's to answer."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
