"""What a validation measures: figures by name, and those among them that checkpoints are ranked by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from common.metrics.interval import Interval

VERIFICATION: Final = "verification"  # the task of records and checkpoints that name none
CLASSIFICATION: Final = "classification"  # bona fide or synthetic, of single crops
PAIRS: Final = "pairs"  # one person or not, of two crops that a network sees together
PRETRAINING: Final = "pretraining"  # masked places of crops, filled in
Better = Literal["lower", "higher"]
BEST: dict[Better, str] = {"lower": "lowest", "higher": "highest"}  # the words for people


@dataclass(frozen=True)
class Ranking:
    """A figure that checkpoints are ranked by, and which way is better."""

    name: str  # of the figure: "accuracy"
    title: str  # for people
    mark: str  # in file names: "acc"
    better: Better

    @property
    def best(self) -> str:
        """The word for people: `lowest` or `highest`."""
        return BEST[self.better]

    def cost(self, value: float) -> float:
        """The value with such a sign that the smaller is the better."""
        return value if self.better == "lower" else -value


@dataclass(frozen=True)
class Figures:
    """The figures of one validation.

    Attributes:
        primary: the ranking that decides on the learning rate and on the best checkpoint.
        values: by name, NaN where a figure is undefined; a slash makes groups: `error_rate/synthetic`.
        intervals: of 95 %, by the name of the figure, for those that have one.
        details: what the history keeps in the place of values and intervals: numbers, and tables of them.
    """

    primary: Ranking
    values: Mapping[str, float]
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    details: Mapping[str, Any] | None = None

    @property
    def decisive(self) -> float:
        """The value of the primary figure."""
        return self.values[self.primary.name]

    def record(self) -> dict[str, Any]:
        """What the history keeps, as JSON has it: an undefined number is None, an interval a list of two."""
        kept = {**self.values, "intervals": self.intervals} if self.details is None else self.details
        return {name: _json(value) for name, value in kept.items()}


def finite(value: float | None) -> float | None:
    """The value, or None for one that is undefined."""
    return None if value is None or not math.isfinite(value) else value


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _json(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [finite(part) for part in value]
    return finite(value)
