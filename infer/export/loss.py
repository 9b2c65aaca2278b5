"""Change of error rates between a model and its export, and carry-over of the threshold."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.metrics import evaluate_pairs
from infer.models.onnx_metadata import MeasuredLoss
from infer.pair_sets.pair_set import PairSet

LOWEST, HIGHEST = -1.0, 1.0  # similarities


@dataclass(frozen=True)
class ScoredTwice:
    """The same pairs scored by a model and by the file made from it.

    Attributes:
        pair_set: the P pairs.
        before: (P,) similarities by the model, NaN without two faces.
        after: (P,) by the file.
    """

    pair_set: PairSet
    before: NDArray[np.float64] = field(repr=False)
    after: NDArray[np.float64] = field(repr=False)

    def loss(self) -> MeasuredLoss | None:
        """The EERs of labelled pairs that both compared; None without such pairs of both classes."""
        measured = (self.pair_set.categories >= 0) & ~np.isnan(self.before) & ~np.isnan(self.after)
        codes = self.pair_set.categories[measured]
        before = evaluate_pairs(codes, self.before[measured])
        after = evaluate_pairs(codes, self.after[measured])
        if math.isnan(before.eer):
            return None
        genuine = sum(found.total for category, found in before.by_category.items() if category.is_genuine)
        return MeasuredLoss(
            pairs=self.pair_set.name,
            genuine=genuine,
            impostors=len(codes) - genuine,
            eer_before=before.eer,
            eer=after.eer,
            threshold_before=before.eer_threshold,
            threshold=after.eer_threshold,
        )

    def carry_over(self, threshold: float) -> float:
        """The threshold at which the file accepts as many of the pairs as the model does at `threshold`.

        Similarities of one rank answer to each other, linear in between (quantile mapping): what a smaller
        precision shifts or stretches is undone. Labels are not needed.
        """
        scored = ~np.isnan(self.before)
        return carried_over(threshold, self.before[scored], self.after[scored], LOWEST, HIGHEST)


def carried_over(
    threshold: float, before: NDArray[np.float64], after: NDArray[np.float64], least: float, most: float
) -> float:
    """Where a threshold of scores `before`, which lie from `least` to `most`, is among the scores `after`."""
    from_these, to_those = (np.concatenate([[least], np.sort(scores), [most]]) for scores in (before, after))
    found = np.interp(threshold, from_these, to_those)
    return float(np.clip(found, least, most))  # cosines, and interpolation, round beyond the ends
