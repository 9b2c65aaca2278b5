"""A confidence interval."""

from typing import NamedTuple


class Interval(NamedTuple):
    """Where a rate lies with 95 % confidence."""

    low: float
    high: float
