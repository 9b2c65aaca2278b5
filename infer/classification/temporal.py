"""Scores of tracks: what the logits of a face's frames come to."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from common.models.temporal_names import Temporal

HIGHEST = 0.25  # of the frames of a track, which `topk` takes


def pooled(logits: NDArray[np.float64], temporal: Temporal) -> float:
    """The calibrated logit of a track of those of its frames, (K,), at least one.

    A head over time has looked at all of them already: it is the mean.
    """
    return POOLS.get(temporal, _mean)(logits)


def _mean(logits: NDArray[np.float64]) -> float:
    return float(np.mean(logits))


def _mean_of_highest(logits: NDArray[np.float64]) -> float:
    count = int(np.ceil(HIGHEST * len(logits)))
    return float(np.mean(np.sort(logits)[-count:]))


POOLS: dict[Temporal, Callable[[NDArray[np.float64]], float]] = {
    Temporal.MEAN: _mean,
    Temporal.TOPK: _mean_of_highest,
}
