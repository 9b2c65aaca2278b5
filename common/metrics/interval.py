"""A confidence interval."""

from typing import NamedTuple


class Interval(NamedTuple):
    """A 95 % confidence interval of a rate."""

    low: float
    high: float
