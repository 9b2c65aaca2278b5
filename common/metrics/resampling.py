"""How many resamples a bootstrap takes, and the 95 % interval that they give a rate."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.interval import Interval
from common.metrics.true_accepts import RULE_OF_THREE

RESAMPLES = 1000
FEWEST_RESAMPLES = 200  # of fewer the 2.5 % at each end are a handful
MOST_WEIGHTS = 200_000_000  # pairs x resamples: with more than 200,000 pairs there are fewer resamples
PERCENTILES = (2.5, 97.5)


def resamples_of(count: int) -> int:
    """How many resamples are taken of so many pairs or faces; 0 for none, and for more than a million."""
    resamples = min(RESAMPLES, MOST_WEIGHTS // max(count, 1))
    return resamples if count and resamples >= FEWEST_RESAMPLES else 0


def resampled_interval(values: ArrayLike, units: int) -> Interval | None:
    """The interval of a rate that has these values in the resamples; None where all are NaN.

    Where they are all alike it is opened by the rule of three, `units` being how many could have differed.
    """
    given = np.asarray(values, np.float64)
    defined = given[~np.isnan(given)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, PERCENTILES).tolist()
    if low == high:
        reach = RULE_OF_THREE / units
        low, high = max(low - reach, 0.0), min(high + reach, 1.0)
    return Interval(low, high)


def intervals_of_means(
    values: NDArray[np.float64], groups: ArrayLike, seed: int = 0
) -> list[Interval | None]:
    """The interval of the mean of each column of rates (N, F), from resamples of groups of rows.

    Args:
        values: (N, F) in [0, 1].
        groups: (N,) integers, equal for rows that are not independent.

    None for all columns without rows and above a million of them, as `resamples_of` says.
    """
    found, members = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.stack([np.bincount(members, column, len(found)) for column in values.T])
    rows = np.bincount(members, minlength=len(found))
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(resamples_of(len(values))):
        drawn = rng.integers(0, len(found), len(found))
        means.append(sums[:, drawn].sum(axis=1) / rows[drawn].sum())
    return [resampled_interval([mean[column] for mean in means], len(found)) for column in range(len(sums))]
