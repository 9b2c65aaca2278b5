"""Chance that keeps a record: what was drawn for a forgery, by name."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Drawn = dict[str, float | int | str | bool]


class Chance:
    """Draws numbers from a seed and remembers those that have a name.

    Args:
        seed: one number, or several, each 0 or more; equal seeds give equal draws.

    Attributes:
        drawn: what was drawn under each name: the parameters of a forgery.
    """

    def __init__(self, seed: int | Sequence[int]) -> None:
        self._rng = np.random.default_rng(seed)
        self.drawn: Drawn = {}

    def uniform(self, name: str, low: float, high: float) -> float:
        """A number evenly spread over low ≤ x < high."""
        value = low + (high - low) * self._rng.random()
        self.drawn[name] = round(value, 4)
        return value

    def either_side(self, name: str, least: float, most: float) -> float:
        """A number with least ≤ |x| < most, of either sign: a change that does not vanish."""
        value = (least + (most - least) * self._rng.random()) * (1 if self._rng.random() < 0.5 else -1)
        self.drawn[name] = round(value, 4)
        return value

    def integer(self, name: str, low: int, high: int) -> int:
        """A whole number, low ≤ x ≤ high."""
        value = int(self._rng.integers(low, high + 1))
        self.drawn[name] = value
        return value

    def happens(self, name: str, probability: float) -> bool:
        """True with this probability."""
        value = bool(self._rng.random() < probability)
        self.drawn[name] = value
        return value

    def choice(self, name: str, options: Sequence[str]) -> str:
        """One of the options, each equally likely."""
        value = options[int(self._rng.integers(len(options)))]
        self.drawn[name] = value
        return value

    def normal(self, *shape: int) -> NDArray[np.float32]:
        """Unrecorded numbers of the standard normal distribution: noise, fields, directions."""
        return self._rng.standard_normal(shape, dtype=np.float32)
