"""Limits of similarity, estimated from the data set itself: no threshold of the model is needed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

POSSIBLE, CLEAR = 3.0, 4.0  # spreads above the typical nearest stranger
LEAST_SPREAD = 0.02  # of similarities; a handful of people may by chance lie closer together
TO_DEVIATION = 1.4826  # from the median absolute deviation to the standard deviation of a normal distribution


@dataclass(frozen=True)
class Limits:
    """Similarities of one sort, photographs to people or people to people.

    Medians and median deviations: some per cent of wrong labels hardly move them.
    """

    genuine: float  # typical, to the own person
    genuine_spread: float
    stranger: float  # typical, to the nearest other person, which grows with the number of people
    stranger_spread: float

    @property
    def are_apart(self) -> bool:
        """Whether genuine ones are told from strangers at all; false where one of them is not known."""
        return self.genuine - self.stranger > self.genuine_spread + self.stranger_spread

    @property
    def possible(self) -> float:
        """A similarity that strangers seldom reach."""
        return min(self.stranger + POSSIBLE * self.stranger_spread, self.genuine)

    @property
    def clear(self) -> float:
        """A similarity that strangers do not reach, and half of the way to the genuine ones at least."""
        far = self.stranger + CLEAR * self.stranger_spread
        return min(max(far, (self.stranger + self.genuine) / 2), self.genuine)

    @property
    def far(self) -> float:
        """A similarity that genuine ones seldom fall below."""
        return self.genuine - POSSIBLE * self.genuine_spread


def limits_of(genuine: NDArray[np.float64], strangers: NDArray[np.float64]) -> Limits:
    """The limits of two samples; NaN is passed over. An empty sample gives NaN, which nothing reaches.

    The spread of strangers is that below their median: above it may be people who are no strangers.
    """
    genuine, strangers = genuine[~np.isnan(genuine)], strangers[~np.isnan(strangers)]
    if not len(genuine) or not len(strangers):
        return Limits(np.nan, np.nan, np.nan, np.nan)
    typical, stranger = float(np.median(genuine)), float(np.median(strangers))
    spread = _spread(genuine - typical)
    return Limits(typical, spread, stranger, _spread(strangers[strangers <= stranger] - stranger))


def _spread(deviations: NDArray[np.float64]) -> float:
    return max(LEAST_SPREAD, TO_DEVIATION * float(np.median(np.abs(deviations))))
