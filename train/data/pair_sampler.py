"""Sampler of batches of listed pairs."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from train.data.batches import Chosen, ForgingPlan, PlannedBatches


class PairSampler(PlannedBatches):
    """Batches of `size / 2` listed pairs; the two crops of a pair lie side by side.

    The categories that the list has take turns pair by pair, so all have equal parts of a batch, give or take
    one pair, and of each process's share of it. Every pair of a category comes once before any comes again;
    the order is drawn anew from seed and epoch. An epoch has as many pairs as the list: of a category that is
    in the majority some are left to other epochs.

    All batches are of one size, so a crop that is listed in several pairs, or a pair of a small category, may
    be in a batch more than once; each time it has its own augmentation. A batch never has more pairs than the
    list.

    Args:
        rows: (P, 2) of the data set.
        categories: (P,) `PairCategory.code` of each pair.
        size: crops in a batch, 2 or more.
        seed: of order and augmentation, 0 or more.
        forging: which forgeries are made, or None.

    With `forging`, a share of the batch is forged: in each chosen pair one of the crops that can be. Half of
    the same-person pairs stay whole, so that there is something to pull together; the share is smaller where
    it would take more.

    Raises UserError when there is no same-person pair: there is nothing to pull together.
    """

    def __init__(
        self,
        rows: NDArray[np.int64],
        categories: NDArray[np.int8],
        *,
        size: int,
        seed: int,
        forging: ForgingPlan | None = None,
    ) -> None:
        if not (categories == PairCategory.SAME_PERSON.code).any():
            raise UserError(
                "no same-person pair is left to train on; list pairs of people who are not in the list for "
                "validation and whose photographs are among the crops"
            )
        self._rows = rows
        self._categories = [np.flatnonzero(categories == code) for code in np.unique(categories)]
        self._pairs = min(size // 2, len(rows))
        self._is_genuine = categories == PairCategory.SAME_PERSON.code
        self._forging = forging
        super().__init__(crops=len(np.unique(rows)), batch_size=2 * self._pairs, unit=2, seed=seed)

    def __len__(self) -> int:
        return len(self._rows) // self._pairs

    def _batches(self, epoch: int) -> Iterator[Chosen]:
        rng = np.random.default_rng([self._seed, epoch])
        drawn = np.empty(len(self) * self._pairs, np.int64)
        turns = len(self._categories)
        # drawn as well is who begins: an epoch may be too short for everyone's turn
        for turn, category in enumerate(rng.permutation(turns).tolist()):
            places = drawn[turn::turns]
            places[:] = _in_rounds(self._categories[category], len(places), rng)
        for chosen in drawn.reshape(len(self), self._pairs):
            pairs = self._rows[chosen]
            forged = (
                np.zeros(pairs.shape, np.bool_)
                if self._forging is None
                else forged_in_pairs(pairs, self._is_genuine[chosen], self._forging, rng)
            )
            yield Chosen(pairs.reshape(-1), forged.reshape(-1))


def forged_in_pairs(
    pairs: NDArray[np.int64], genuine: NDArray[np.bool_], forging: ForgingPlan, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Which crop of which pairs (P, 2) is forged, (P, 2); half of the `genuine` (P,) ones stay whole."""
    # of both crops of a pair that can be forged the one with the larger number, if any
    numbers = np.where(forging.forgeable[pairs], rng.random(pairs.shape), -1)
    candidates = rng.permutation(np.flatnonzero(numbers.max(axis=1) >= 0))
    kept = candidates[genuine[candidates]][genuine.sum() // 2 :]
    chosen = candidates[~np.isin(candidates, kept)][: round(forging.share * pairs.size)]
    forged = np.zeros(pairs.shape, np.bool_)
    forged[chosen, numbers[chosen].argmax(axis=1)] = True
    return forged


def _in_rounds(pairs: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """`count` of the pairs, all of them in a new order before any comes again."""
    rounds = -(-count // len(pairs))
    return rng.permuted(np.tile(pairs, (rounds, 1)), axis=1).reshape(-1)[:count]
