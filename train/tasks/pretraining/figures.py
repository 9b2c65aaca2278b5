"""The figures of a pre-training's validation, and how they are shown."""

import math

import numpy as np
from numpy.typing import NDArray

from common.metrics.figures import Figures, Ranking
from common.metrics.interval import Interval
from common.metrics.resampling import resampled_interval, resamples_of
from train.display import Curve, Panel, figure_column, interval_column

# the history has the loss of the training under the name `loss`
LOSS = Ranking("validation_loss", "loss", mark="loss", better="lower")
COLUMNS = (figure_column("Val. loss", 9, LOSS.name), interval_column(LOSS.name))
LOSS_PANEL = Panel(
    "Mean |difference| of masked pixels, held-out crops",
    "loss",
    (Curve(LOSS.name, "validation loss", best=LOSS.better),),
)


def figures_of(sums: NDArray[np.float64], groups: NDArray[np.int64]) -> Figures:
    """The mean |difference| of the masked pixels of all crops, with an interval that resamples groups.

    Args:
        sums: (V, 2) of each crop, its sum over the masked pixels and how many these are.
        groups: (V,).
    """
    value = _mean(sums.sum(0))
    interval = _interval(sums, groups)
    return Figures(LOSS, {LOSS.name: value}, {LOSS.name: interval} if interval else {})


def _interval(sums: NDArray[np.float64], groups: NDArray[np.int64]) -> Interval | None:
    """The 95 % interval; None for one group, which says nothing of others."""
    inverse = np.unique(groups, return_inverse=True)[1]
    units = int(inverse.max(initial=-1)) + 1
    if units < 2:
        return None
    of_groups = np.zeros((units, 2))
    np.add.at(of_groups, inverse, sums)
    rng = np.random.default_rng(0)
    values = [_mean(of_groups[rng.integers(0, units, units)].sum(0)) for _ in range(resamples_of(units))]
    return resampled_interval(values, units) if values else None


def _mean(sums: NDArray[np.float64]) -> float:
    total, count = sums.tolist()
    return total / count if count else math.nan
