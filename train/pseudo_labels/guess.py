"""Guesses of models at what crops are, where they are certain."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from common.models.classifier_checkpoint import LoadedClassifier
from common.models.classifier_ensemble import BATCH, mean_logits
from common.runtime.torch_device import memory_told
from train.data.dataset import CropDataset

UNCERTAIN = -1  # in the place of 0 for bona fide and 1 for synthetic


def probabilities(
    dataset: CropDataset,
    members: Sequence[LoadedClassifier],
    views: Sequence[str],
    progress: Callable[[int, int], None],
) -> NDArray[np.float64]:
    """P(synthetic) of each crop, (N,): the sigmoid of the mean of calibrated logits.

    `progress` is called with crops done and in all. Raises UserError as `mean_logits`, and where memory does
    not suffice.
    """
    found = np.empty(len(dataset))
    for start in range(0, len(dataset), BATCH):
        rows = range(start, min(start + BATCH, len(dataset)))
        with memory_told("classifying"):
            found[rows.start : rows.stop] = mean_logits(members, list(map(dataset.stored, rows)), views)
        progress(rows.stop, len(dataset))
    probability: NDArray[np.float64] = expit(found)
    return probability


def guesses(probability: NDArray[np.float64], at: float) -> NDArray[np.int8]:
    """(N,) 1 where P(synthetic) is above `at`, 0 where it is below 1 - `at`, and else `UNCERTAIN`."""
    found = np.full(len(probability), UNCERTAIN, np.int8)
    found[probability > at] = 1
    found[1 - probability > at] = 0  # symmetric, also where 1 - at is rounded
    return found
