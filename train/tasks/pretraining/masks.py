"""Masks of crops: which of their places a network does not see."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MASK = 1  # keeps the numbers of a seed apart from those of augmentation and forging
ROUNDING = 9  # decimals: 0.6 of 25 places are 15, not one more


@dataclass(frozen=True)
class Masking:
    """How many of `side` x `side` places are masked, and how they are chosen.

    With `exact` it is the same number for every crop, `ratio` of the places, rounded up (Xie et al.,
    "SimMIM", CVPR 2022); else each place is masked with that probability.
    """

    side: int
    ratio: float
    exact: bool = True

    @property
    def count(self) -> int:
        """Places of a crop that are masked; on average, where they are not `exact`."""
        return math.ceil(round(self.ratio * self.side**2, ROUNDING))

    def __call__(self, seeds: NDArray[np.uint64] | NDArray[np.int64]) -> NDArray[np.bool_]:
        """(N, side, side), true where a crop is masked; each depends on its own seed of (N,) alone."""
        masks = np.zeros((len(seeds), self.side**2), np.bool_)
        for mask, seed in zip(masks, seeds.tolist(), strict=True):
            chance = np.random.default_rng([seed, MASK]).random(self.side**2)
            if self.exact:
                mask[np.argsort(chance, kind="stable")[: self.count]] = True
            else:
                mask[:] = chance < self.ratio
        return masks.reshape(len(seeds), self.side, self.side)
