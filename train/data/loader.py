"""Batches read ahead, and taken together where several make one step."""

from collections.abc import Iterator
from itertools import islice

import torch
from torch.utils.data import DataLoader

from train.data.batches import PlannedBatches
from train.data.dataset import CropBatch
from train.data.training_crops import TrainingCrops
from train.interruption import ignore_interrupts


def open_loader(crops: TrainingCrops, batches: PlannedBatches, workers: int) -> DataLoader[CropBatch]:
    """The planned batches, read by so many processes; by none, in this one."""
    # spawned, not forked: HDF5 files that are open in this process must not be shared with another
    return DataLoader(
        crops,
        batch_size=None,
        sampler=batches,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="spawn" if workers else None,
        worker_init_fn=ignore_interrupts,
    )


def grouped(batches: Iterator[CropBatch], size: int) -> Iterator[list[CropBatch]]:
    """`size` batches at a time; the last group may be smaller."""
    while group := list(islice(batches, size)):
        yield group
