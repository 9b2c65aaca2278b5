"""Data loader of planned batches, and groups of batches for gradient accumulation."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from train.data.batches import PlannedBatches
from train.interruption import ignore_interrupts


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
