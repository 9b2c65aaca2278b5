"""The temperature that makes the logits of a classifier probabilities, from faces it was not trained on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from common.metrics.classification import checked_labels
from common.metrics.sorted_scores import finite_scores

COLDEST, HOTTEST = 0.05, 20.0
NO_TEMPERATURE = 1.0


@dataclass(frozen=True)
class Temperature:
    """What logits are divided by before the sigmoid; above 1 it takes confidence away."""

    value: float  # in [0.05, 20]
    doubt: str = ""  # why the value was not measured, or is no minimum; empty for one that is


def fit_temperature(labels: ArrayLike, logits: ArrayLike) -> Temperature:
    """The temperature T with the least log loss of sigmoid(logit / T).

    Guo et al., "On calibration of modern neural networks", ICML 2017. The log loss is convex in 1 / T, so
    there is one minimum; it is found to the last bits, and the same faces give the same T. T is 1, with a
    `doubt`, where the faces are of one class or where every logit has the right sign: then the log loss falls
    for ever as T does, and says nothing of faces that are harder. Beyond the bounds it is the bound, with a
    `doubt`.

    Args:
        labels: (N,) booleans or 0/1; true for synthetic faces.
        logits: (N,) finite, higher for more synthetic.

    Raises ValueError for arrays of different length, other labels, or logits that are not finite.
    """
    synthetic = checked_labels(labels)
    values = finite_scores(logits, synthetic).astype(np.float64, copy=False)
    if not synthetic.any() or synthetic.all():
        return Temperature(NO_TEMPERATURE, "not calibrated: there are faces of one class only")
    if np.where(synthetic, values, -values).min() > 0:
        return Temperature(NO_TEMPERATURE, "not calibrated: no face is on the wrong side of 0.5")
    from scipy.optimize import brentq  # takes a while to load
    from scipy.special import expit

    def slope(inverse: float) -> float:
        """The derivative of the log loss with respect to 1 / T; it rises."""
        return float(np.mean((expit(inverse * values) - synthetic) * values))

    if slope(1 / HOTTEST) >= 0:
        return Temperature(
            HOTTEST, "at its upper bound: the logits are far too sure, or tell no more than chance"
        )
    if slope(1 / COLDEST) <= 0:
        return Temperature(COLDEST, "at its lower bound: the logits are all but 0")
    return Temperature(1 / float(brentq(slope, 1 / HOTTEST, 1 / COLDEST, xtol=1e-12)))
