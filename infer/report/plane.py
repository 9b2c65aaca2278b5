"""Two axes of error rates, with curves that can be read off and marked operating points on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from infer.output.palette import LIGHT
from infer.report.curve import OF_PAIRS, Curve, CurveWords, Rates, thin
from infer.report.svg import new_figure

WIDTH, HEIGHT = 420, 400
PLANE = (50 / WIDTH, 46 / HEIGHT, 360 / WIDTH, 344 / HEIGHT)  # left, bottom, width, height
FONT_SIZE = 11
LETTER_WIDTH, LETTER_HEIGHT = 6, 11  # of a label, about


@dataclass(frozen=True)
class PlottedCurve:
    """A curve with its name and its looks."""

    curve: Curve
    label: str
    style: str  # class in style.css


@dataclass(frozen=True)
class Mark:
    """An operating point that is pointed out."""

    fmr: float
    fnmr: float
    label: str
    colour: str = "ink"  # a name in the palette: that of its curve
    is_eer: bool = False  # a ring; else a diamond


@dataclass(frozen=True)
class Axis:
    """Rates from `low` to `high`, placed by `scale`."""

    title: str
    low: float
    high: float
    ticks: Sequence[float]
    scale: Callable[[Rates], Rates] = np.asarray

    def inside(self, rates: Rates) -> NDArray[np.bool_]:
        """(K,) mask of the rates that lie on the axis."""
        return (rates >= self.low) & (rates <= self.high)

    def place(self, *rates: float) -> Rates:
        """Scaled rates; those beyond the ends lie on them."""
        return self.scale(np.clip(np.array(rates), self.low, self.high))

    def labels(self, length: float) -> tuple[Rates, list[str]]:
        """Places of the ticks and their numbers, per cent; where two would touch the second is left out."""
        ticks = [tick for tick in self.ticks if self.low <= tick <= self.high]
        texts = [f"{100 * tick:.0e}" if 0 < tick < 1e-6 else f"{100 * tick:g}" for tick in ticks]
        places, (low, high) = self.place(*ticks), self.place(self.low, self.high)
        free_from = -np.inf
        for row, along in enumerate((places - low) / (high - low) * length):
            half = LETTER_WIDTH * len(texts[row]) / 2
            if along - half < free_from:
                texts[row] = ""
            else:
                free_from = along + half + LETTER_WIDTH
        return places, texts


class Plane:
    """A drawing of two axes; `lines` are the attributes of its curves, see `as_svg`."""

    def __init__(self, x: Axis, y: Axis) -> None:
        self.figure = new_figure(WIDTH, HEIGHT)
        self.axes = self.figure.add_axes(PLANE, xlim=x.place(x.low, x.high), ylim=y.place(y.low, y.high))
        self.lines: dict[str, dict[str, str]] = {}
        self._x, self._y = x, y
        self.axes.set_xticks(*x.labels(PLANE[2] * WIDTH))
        self.axes.set_yticks(*y.labels(10 * HEIGHT))
        self.axes.set_xlabel(x.title, size=FONT_SIZE, color=LIGHT["soft"])
        self.axes.set_ylabel(y.title, size=FONT_SIZE, color=LIGHT["soft"])
        self.axes.yaxis.set_label_coords(-0.11, 0.5)  # wide numbers do not move it out of sight
        self.axes.tick_params(length=0, pad=6, labelsize=FONT_SIZE, labelcolor=LIGHT["soft"])
        self.axes.grid(color=LIGHT["grid"], linewidth=1)
        self.axes.spines[:].set_color(LIGHT["rule"])

    def write(self, x: float, y: float, words: str, **how: Any) -> None:
        """Write a line of text; `how` as matplotlib takes it."""
        self.axes.text(x, y, words, **{"size": FONT_SIZE, "color": LIGHT["ink"], **how})

    def shade(self, x_below: float, y_below: float) -> None:
        """Shade the strips where a rate would be less than one error among the pairs that there are."""
        for draw, axis, end in ((self.axes.axvspan, self._x, x_below), (self.axes.axhspan, self._y, y_below)):
            draw(*axis.place(axis.low, end), color=LIGHT["shade"], linewidth=0, zorder=0)

    def draw_diagonal(self, words: str) -> None:
        """Draw the line on which both are equal, and words along it."""
        ends = self._x.place(self._x.low, self._x.high)
        self.axes.plot(ends, ends, color=LIGHT["soft"], linewidth=1, dashes=(1, 4), dash_capstyle="round")
        angle = np.degrees(np.arctan2(PLANE[3] * HEIGHT, PLANE[2] * WIDTH))
        how = {"ha": "right", "va": "top", "rotation": angle, "rotation_mode": "anchor"}
        self.write(ends[1], ends[1], f"{words}  ", color=LIGHT["soft"], **how)

    def draw_curve(self, plotted: PlottedCurve, rates: Rates, words: CurveWords = OF_PAIRS) -> None:
        """Draw a curve of these rates at its FMRs; nothing where none of it lies inside.

        Drawn are the points inside and, that the line goes on to the edge, their neighbours. What the script
        of the page reads off is in `data-points`: x, y, threshold, FMR, FNMR; and what the rates are called,
        in `data-rates`.
        """
        curve = plotted.curve
        with np.errstate(divide="ignore"):  # of a logarithm
            points = np.stack([self._x.scale(curve.fmr), self._y.scale(rates)], axis=1)
        inside = self._x.inside(curve.fmr) & self._y.inside(rates)
        wanted = inside | np.append(False, inside[:-1]) | np.append(inside[1:], False)
        rows = np.flatnonzero(wanted & np.isfinite(points).all(axis=1))
        if not len(rows):
            return
        places = self.axes.transData.transform(points) * [1, -1] + [0, HEIGHT]
        rows = rows[thin(places[rows])]
        name = f"curve-{len(self.lines)}"
        self.axes.plot(*points[rows].T, gid=name)
        columns = zip(*places[rows].T, curve.threshold[rows], curve.fmr[rows], curve.fnmr[rows], strict=True)
        self.lines[name] = {
            "class": f"curve {plotted.style}",
            "data-label": plotted.label,
            "data-rates": "|".join((words.fmr, words.fnmr, words.tar)),
            "data-points": ";".join(
                f"{x:.1f},{y:.1f},{threshold:.4f},{fmr:.3g},{fnmr:.3g}"
                for x, y, threshold, fmr, fnmr in columns
            ),
        }

    def draw_marks(self, marks: Sequence[Mark], rates: Sequence[float], falling: bool) -> None:
        """Draw marks at these rates, their labels beside the curve, which is `falling` or rising.

        The label of an EER comes to the right of the curve, others to the left, or wherever there is room.
        """
        taken: list[Bbox] = []
        for mark, rate in zip(marks, rates, strict=True):
            (x,), (y,) = self._x.place(mark.fmr), self._y.place(rate)
            colour, paper = LIGHT[mark.colour], LIGHT["paper"]
            if mark.is_eer:
                self.axes.plot(x, y, "o", ms=9, mfc=paper, mec=colour, mew=2, clip_on=False, zorder=4)
            else:
                self.axes.plot(x, y, "D", ms=8.5, mfc=colour, mec=paper, mew=1.5, clip_on=False, zorder=4)
            sides = [(True, falling), (False, not falling), (True, not falling), (False, falling)]
            left, bottom = self.axes.transData.transform((x, y))
            width = LETTER_WIDTH * len(mark.label)
            boxes = [
                Bbox.from_bounds(
                    left + (9 if right else -9 - width), bottom + (8 if above else -16), width, LETTER_HEIGHT
                )
                for right, above in (sides if mark.is_eer else sides[1:] + sides[:1])
            ]
            room = (box for box in boxes if self._is_inside(box) and not box.count_overlaps(taken))
            box = next(room, boxes[0])
            taken.append(box)
            self.write(box.x0, box.y0, mark.label, transform=None, zorder=5)

    def _is_inside(self, box: Bbox) -> bool:
        plane = self.axes.bbox
        return bool(np.all(plane.min <= box.min) and np.all(box.max <= plane.max))
