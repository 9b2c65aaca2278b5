"""Samplers of batches: base class, and the plan of one batch."""

import math
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from common.runtime.errors import UserError


class BatchPlan(NamedTuple):
    """What a batch, or one process's share of it, is made of; B crops."""

    rows: NDArray[np.int64]  # (B,) of the data set
    seeds: NDArray[np.uint64]  # (B,) for forging and augmentation of each
    forged: NDArray[np.bool_]  # (B,) of which a forgery is made


class Chosen(NamedTuple):
    """Which crops a batch has, in its order; `BatchPlan` says what the columns are."""

    rows: NDArray[np.int64]
    forged: NDArray[np.bool_]


class ForgingPlan(NamedTuple):
    """Of what, and how often, a batch makes forgeries."""

    share: float  # of the crops of a batch
    forgeable: NDArray[np.bool_]  # (N,) of the data set


class PlannedBatches(Sampler[BatchPlan]):
    """Sampler whose batches depend on seed, epoch and their number, and on nothing else.

    A run that goes on in the middle of an epoch, and a run of several processes, therefore train on the same
    batches with the same augmentation as one that does neither. The training loop sets, before each pass,
    `epoch` and the others where they apply.

    Attributes:
        crops: distinct crops to train on.
        batch_size: crops in a batch, those of all processes together.
        epoch: of which the next pass gives the batches.
        first_batch: as many batches of the epoch are passed over; the length stays that of the whole epoch.
    """

    def __init__(self, *, crops: int, batch_size: int, unit: int, seed: int) -> None:
        self.crops = crops
        self.batch_size = batch_size
        self.epoch = 0
        self.first_batch = 0
        self._unit = unit  # crops that belong together: every batch has a multiple of them
        self._seed = seed
        self._rank_share = (0, 1)

    @property
    def rank_share(self) -> tuple[int, int]:
        """Number of this process and of all: each gets its contiguous part of every batch.

        Setting it raises UserError when the processes cannot have equal parts.
        """
        return self._rank_share

    @rank_share.setter
    def rank_share(self, share: tuple[int, int]) -> None:
        rank, processes = share
        if not 0 <= rank < processes:
            raise ValueError(f"process {rank} of {processes}")
        if self.batch_size % processes:
            step = math.lcm(self._unit, processes)
            raise UserError(
                f"a batch of {self.batch_size} crops cannot be shared equally by {processes} devices; "
                f"set --batch-size {max(step, self.batch_size // step * step)} or take fewer devices"
            )
        self._rank_share = share

    def __iter__(self) -> Iterator[BatchPlan]:
        rank, processes = self._rank_share
        size = self.batch_size // processes
        own = slice(rank * size, (rank + 1) * size)
        epoch, first = self.epoch, self.first_batch
        for number, (rows, forged) in enumerate(islice(self._batches(epoch), first, None), first):
            # a spawn key, since SeedSequence takes [seed, epoch] and [seed, epoch, 0] for the same
            sequence = np.random.SeedSequence([self._seed, epoch], spawn_key=(number,))
            seeds = sequence.generate_state(self.batch_size, np.uint64).astype(np.uint64, copy=False)
            yield BatchPlan(rows[own], seeds[own], forged[own])

    def __len__(self) -> int:
        """Batches of a whole epoch."""
        raise NotImplementedError

    def _batches(self, epoch: int) -> Iterator[Chosen]:
        """The crops (batch_size,) of every batch of an epoch."""
        raise NotImplementedError
