"""Data loader of planned batches, their groups for accumulation, and the time they are waited for."""

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from common.runtime.worker_processes import available_cores
from train.data.batches import PlannedBatches
from train.interruption import ignore_interrupts

CPU_WORKERS = 2  # the network wants the cores
MOST_WORKERS = 16  # of a device; each holds two batches ahead


def settle_workers(asked: int | None, device: torch.device, processes: int) -> int:
    """How many processes read ahead for a device, where `asked` is None as many as the machine can spare.

    `processes` of the run are on this machine and share its cores.
    """
    if asked is not None:
        return asked
    if device.type != "cuda":
        return CPU_WORKERS
    return max(CPU_WORKERS, min(available_cores() // processes, MOST_WORKERS))


def open_loader(
    dataset: Dataset[Any], batches: PlannedBatches, workers: int, device: torch.device
) -> DataLoader[Any]:
    """The planned batches, read for a device by so many processes; by none, in this one."""
    # spawned, not forked: HDF5 files that are open in this process must not be shared with another
    return DataLoader(
        dataset,
        batch_size=None,
        sampler=batches,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=device.type == "cuda",  # else it would open a context on a GPU that is not used
        multiprocessing_context="spawn" if workers else None,
        worker_init_fn=ignore_interrupts,
    )


def grouped(batches: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """`size` batches at a time; the last group may be smaller."""
    while group := list(islice(batches, size)):
        yield group


class WaitedFor(Iterator[Any]):
    """Iterator over batches that measures how long each is waited for.

    On a GPU that is nearly the time it idles: it ends its step while the host fetches the next batch.
    """

    def __init__(self, batches: Iterator[Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._batches, self._clock = batches, clock
        self._seconds = 0.0

    def __next__(self) -> Any:
        began = self._clock()
        try:
            return next(self._batches)
        finally:
            self._seconds += self._clock() - began

    def take_seconds(self) -> float:
        """Seconds waited since this was last asked."""
        seconds, self._seconds = self._seconds, 0.0
        return seconds
