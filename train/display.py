"""Display of figures: columns of the console, panels of a picture."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from common.metrics.figures import Better, Figures
from common.metrics.interval import Interval


@dataclass(frozen=True)
class Column:
    """A column of the console's table of validations."""

    title: str
    width: int  # characters
    show: Callable[[Figures], str]


def figure_column(title: str, width: int, name: str) -> Column:
    """Column showing the figure `name` to four decimals."""
    return Column(title, width, lambda figures: number(figures.values[name]))


def percent_column(title: str, width: int, name: str) -> Column:
    """A share of this name as a percentage with two places."""

    def show(figures: Figures) -> str:
        share = figures.values[name]
        return "-" if math.isnan(share) else f"{share:.2%}"

    return Column(title, width, show)


def interval_column(name: str) -> Column:
    """The interval of a figure of this name."""
    return Column("95 % interval", 15, lambda figures: span(figures.intervals.get(name)))


def number(value: float | None, places: int = 4) -> str:
    """A number for people; `-` for one that is not known or undefined."""
    return "-" if value is None or math.isnan(value) else f"{value:.{places}f}"


def span(interval: Interval | None) -> str:
    """An interval for people; `-` without one."""
    return "-" if interval is None else f"{interval.low:.4f}-{interval.high:.4f}"


@dataclass(frozen=True)
class Curve:
    """A number of the history over the steps of a run, with its interval where the history has one."""

    name: str  # where it stands in a record, the parts between slashes: "errors/synthetic/rate"
    label: str
    best: Better | None = None  # which of its points is marked, if any
    told: bool = False  # whether the value and the epoch of that point are written beside it
    dashed: bool = False
    colour: str | None = None  # where one run is drawn; None: the run's


@dataclass(frozen=True)
class Panel:
    """A part of the picture of runs, its curves over one another."""

    title: str
    axis: str
    curves: tuple[Curve, ...]
    scale: float = 1.0  # factor before display, 100 for percent
    unit: str = ""  # behind them: " %"
    from_zero: bool = False  # whether the axis begins at 0; else it is logarithmic where they span a decade
