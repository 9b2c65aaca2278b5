"""How batches are filled: P people with K photographs each, synthetic ones among them."""

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
    """The batches of an epoch: each depends on seed, epoch and its number, and on nothing else.

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


class IdentityBatches(PlannedBatches):
    """Batches of `people` identities with `photos` photographs each, as rows of the data set.

    Identities take turns, in an order drawn anew from seed and epoch. Of a person's photographs in a batch,
    a `synthetic_share` is synthetic where the person has synthetic ones; those who have fewer than asked for
    give what they have, again if need be.

    With `forging`, a share of the batch is forgeries, as evenly of its people as can be. They are made of
    crops that are in the batch themselves: two that differ in nothing but the forgery (Shiohara and Yamasaki,
    CVPR 2022). Of people without a crop that can be forged, bona fide ones come in their place.

    Raises UserError when no identity has two bona fide photographs, or too few places in the batch are left
    for them: there is nothing to pull together.
    """

    def __init__(
        self,
        identities: NDArray[np.int64],
        synthetic: NDArray[np.bool_],
        rows: NDArray[np.int64],
        *,
        people: int,
        photos: int,
        synthetic_share: float,
        seed: int,
        forging: ForgingPlan | None = None,
    ) -> None:
        self._bona_fide = _rows_by_identity(identities, rows[~synthetic[rows]])
        self._synthetic = _rows_by_identity(identities, rows[synthetic[rows]])
        self._identities = np.array(sorted(self._bona_fide), dtype=np.int64)
        if max((len(own) for own in self._bona_fide.values()), default=0) < 2:
            raise UserError("no person has two bona fide photographs to train on")
        self._people = min(people, len(self._identities))
        self._photos = photos
        self._wanted_synthetic = round(photos * synthetic_share)
        self._forging = forging
        self._wanted_forged = round(self._people * photos * forging.share) if forging else 0
        left = photos - (self._wanted_synthetic if self._synthetic else 0)
        if self._wanted_forged and left - -(-self._wanted_forged // self._people) < 2:
            raise UserError(
                f"of {photos} photographs of a person in a batch, fewer than two are left that are bona fide "
                "and not forged; lower --forge or batch.synthetic_share, or raise batch.photos_per_identity"
            )
        super().__init__(crops=len(rows), batch_size=self._people * photos, unit=photos, seed=seed)

    def __len__(self) -> int:
        return max(1, self.crops // self.batch_size)

    def _batches(self, epoch: int) -> Iterator[Chosen]:
        rng = np.random.default_rng([self._seed, epoch])
        queue: list[int] = []
        for _ in range(len(self)):
            if len(queue) < self._people:
                waiting = set(queue)
                fresh = [
                    int(identity) for identity in rng.permutation(self._identities) if identity not in waiting
                ]
                queue += fresh
            chosen, queue = queue[: self._people], queue[self._people :]
            each, more = divmod(self._wanted_forged, len(chosen))
            parts = [
                self._photographs(identity, each + (place < more), rng)
                for place, identity in enumerate(chosen)
            ]
            yield Chosen(*map(np.concatenate, zip(*parts, strict=True)))

    def _photographs(self, identity: int, forgeries: int, rng: np.random.Generator) -> Chosen:
        synthetic = self._synthetic.get(identity, np.empty(0, np.int64))
        count = self._wanted_synthetic if len(synthetic) else 0
        rows = np.concatenate(
            [_choose(self._bona_fide[identity], self._photos - count, rng), _choose(synthetic, count, rng)]
        )
        forged = np.zeros(self._photos, np.bool_)
        if self._forging and forgeries:
            kept = rows[: self._photos - count - forgeries]
            sources = np.unique(kept[self._forging.forgeable[kept]])
            if len(sources):
                rows[len(kept) : len(kept) + forgeries] = _choose(sources, forgeries, rng)
                forged[len(kept) : len(kept) + forgeries] = True
        return Chosen(rows, forged)


def _rows_by_identity(identities: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    order = rows[np.argsort(identities[rows], kind="stable")]
    found, starts = np.unique(identities[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True)) if len(order) else {}


def _choose(rows: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` of the rows, each once before any comes twice."""
    rounds = -(-count // len(rows)) if count else 0
    drawn = [rng.permutation(rows) for _ in range(rounds)]
    return np.concatenate(drawn)[:count] if drawn else rows[:0]
