"""Sampler of batches of pairs that are drawn among people, where no list says which."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from train.data.batches import Chosen, ForgingPlan, PlannedBatches
from train.data.pair_sampler import forged_in_pairs


class DrawnPairs(PlannedBatches):
    """Batches of `size / 2` pairs, drawn anew from seed and epoch; the two crops of a pair lie side by side.

    Genuine pairs, pairs of different people and pairs of a bona fide and a synthetic crop of one person take
    turns, those that the data has; `forging` is as in `PairSampler`. An epoch has as many pairs as there are
    crops.

    Args:
        identities, synthetic: (N,) of the data set.
        rows: what is drawn from.
        size: crops in a batch, 2 or more.
        seed: of pairs and augmentation, 0 or more.
        forging: which forgeries are made, or None.

    Raises UserError when no person has two bona fide photographs, or there is but one person.
    """

    def __init__(
        self,
        identities: NDArray[np.int64],
        synthetic: NDArray[np.bool_],
        rows: NDArray[np.int64],
        *,
        size: int,
        seed: int,
        forging: ForgingPlan | None = None,
    ) -> None:
        self._bona_fide = _Grouped(identities, rows[~synthetic[rows]])
        self._synthetic = _Grouped(identities, rows[synthetic[rows]])
        own = self._bona_fide.counts(identities)
        bona_fide = self._bona_fide.rows
        self._identities = identities
        self._firsts = {
            PairCategory.SAME_PERSON: bona_fide[own[bona_fide] > 1],
            PairCategory.DIFFERENT_PERSON: bona_fide,
            PairCategory.SYNTHETIC: bona_fide[self._synthetic.counts(identities)[bona_fide] > 0],
        }
        if not len(self._firsts[PairCategory.SAME_PERSON]) or len(np.unique(identities[bona_fide])) < 2:
            raise UserError("no two bona fide photographs of a person, or no second person, to train on")
        self._kinds = [kind for kind, firsts in self._firsts.items() if len(firsts)]
        self._forging = forging
        super().__init__(crops=len(rows), batch_size=size // 2 * 2, unit=2, seed=seed)

    def __len__(self) -> int:
        return max(1, 2 * self.crops // self.batch_size)

    def _batches(self, epoch: int) -> Iterator[Chosen]:
        rng = np.random.default_rng([self._seed, epoch])
        count, kinds = self.batch_size // 2, len(self._kinds)
        for number in range(len(self)):
            of_kind = (np.arange(count) + number * count) % kinds  # the turns go on in the next batch
            pairs = np.empty((count, 2), np.int64)
            for place, kind in enumerate(self._kinds):
                chosen = np.flatnonzero(of_kind == place)
                pairs[chosen, 0] = rng.choice(self._firsts[kind], len(chosen))
                pairs[chosen, 1] = self._partners(kind, pairs[chosen, 0], rng)
            genuine = of_kind == self._kinds.index(PairCategory.SAME_PERSON)
            forged = (
                np.zeros(pairs.shape, np.bool_)
                if self._forging is None
                else forged_in_pairs(pairs, genuine, self._forging, rng)
            )
            yield Chosen(pairs.reshape(-1), forged.reshape(-1))

    def _partners(
        self, kind: PairCategory, first: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """A row beside each of `first` that makes pairs of a kind of them."""
        people = self._identities[first]
        if kind is PairCategory.SYNTHETIC:
            return self._synthetic.any_of(people, rng)
        found = self._bona_fide
        return found.another(first, people, rng) if kind.is_genuine else found.of_others(people, rng)


class _Grouped:
    """Some rows of a data set, those of a person side by side."""

    def __init__(self, identities: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        self.rows = rows[np.argsort(identities[rows], kind="stable")]
        self._people = identities[self.rows]  # ascending

    def counts(self, identities: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many rows each of `identities` has."""
        start, end = self._bounds(identities)
        return end - start

    def any_of(self, people: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A row of each of `people`, who have at least one."""
        start, end = self._bounds(people)
        return self.rows[rng.integers(start, end)]

    def another(
        self, first: NDArray[np.int64], people: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """A row of each of `people`, who have at least two, that is not the one of `first`."""
        start, end = self._bounds(people)
        found = self.rows[rng.integers(start, end - 1)]  # of all but the last, which stands for `first`
        return np.where(found == first, self.rows[end - 1], found)

    def of_others(self, people: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A row of somebody else than each of `people`."""
        start, end = self._bounds(people)
        place = rng.integers(0, len(self.rows) - (end - start))
        return self.rows[np.where(place >= start, place + end - start, place)]

    def _bounds(self, people: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        first, last = (np.searchsorted(self._people, people, side) for side in ("left", "right"))
        return first.astype(np.int64), last.astype(np.int64)
