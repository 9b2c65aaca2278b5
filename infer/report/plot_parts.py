"""What DET and ROC plots have in common: curves that can be read off, and marked operating points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from infer.report.curve import Curve, thin
from infer.report.plane import Plane
from infer.report.svg import element, group, path_through, text

WIDTH, HEIGHT = 420, 400
LEFT, RIGHT, TOP, BOTTOM = 50, 410, 10, 354  # of the plane
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
    style: str  # class in style.css: that of its curve, or empty
    is_eer: bool = False  # a ring; else a diamond


def draw_curve(plotted: PlottedCurve, places: NDArray[np.float64], shown: NDArray[np.bool_]) -> Markup:
    """A curve whose points have these (K, 2) places; nothing where none is to be `shown`.

    What the script of the page reads off is in `data-points`: x, y, threshold, FMR, FNMR.
    """
    curve, rows = plotted.curve, np.flatnonzero(shown)
    if not len(rows):
        return Markup("")
    rows = rows[thin(places[rows])]
    columns = zip(*places[rows].T, curve.threshold[rows], curve.fmr[rows], curve.fnmr[rows], strict=True)
    read_off = ";".join(
        f"{x:.1f},{y:.1f},{threshold:.4f},{fmr:.3g},{fnmr:.3g}" for x, y, threshold, fmr, fnmr in columns
    )
    return element(
        "path",
        d=path_through(places[rows]),
        class_=f"curve {plotted.style}",
        data_label=plotted.label,
        data_points=read_off,
    )


def draw_marks(plane: Plane, marks: Sequence[Mark], places: NDArray[np.float64], falling: bool) -> Markup:
    """Marks at (K, 2) places, their labels beside the curve, which is `falling` or rising.

    The label of an EER comes to the right of the curve, others to the left, or wherever there is room.
    """
    parts: list[Markup] = []
    taken: list[_Box] = []
    for mark, (x, y) in zip(marks, places.tolist(), strict=True):
        if mark.is_eer:
            parts.append(element("circle", cx=x, cy=y, r=4.5, class_=f"mark {mark.style}"))
        else:
            parts.append(
                element("path", d=f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z", class_=f"mark {mark.style}")
            )
        sides = [(True, falling), (False, not falling), (True, not falling), (False, falling)]
        boxes = [_label_box(mark, x, y, *side) for side in (sides if mark.is_eer else sides[1:] + sides[:1])]
        free = (box for box in boxes if box.is_inside(plane) and not any(box.meets(other) for other in taken))
        box = next(free, boxes[0])
        taken.append(box)
        parts.append(text(box.left, box.bottom, mark.label, class_="label"))
    return group(parts)


@dataclass(frozen=True)
class _Box:
    """Where a label stands."""

    left: float
    bottom: float  # the base line
    width: float

    def is_inside(self, plane: Plane) -> bool:
        return (
            plane.x.start <= self.left
            and self.left + self.width <= plane.x.end
            and plane.y.end + LETTER_HEIGHT <= self.bottom <= plane.y.start
        )

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and abs(self.bottom - other.bottom) < LETTER_HEIGHT
        )


def _label_box(mark: Mark, x: float, y: float, to_right: bool, above: bool) -> _Box:
    width = LETTER_WIDTH * len(mark.label)
    return _Box(x + 9 if to_right else x - 9 - width, y - 8 if above else y + 16, width)
