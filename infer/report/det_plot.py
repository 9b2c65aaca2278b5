"""The DET curve: FMR against FNMR, both axes scaled by the normal distribution (ISO/IEC 19795-1)."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from infer.report.plane import RATE_TICKS, Axis, Plane, normal_deviate, percent_ticks
from infer.report.plot_parts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Mark,
    PlottedCurve,
    draw_curve,
    draw_marks,
)
from infer.report.svg import line, picture, text

MOST_LOW, LEAST_HIGH = 0.05, 0.4  # the axes hold these rates, and twice the EER


def draw_det(name: str, curves: Sequence[PlottedCurve], marks: Sequence[Mark]) -> Markup:
    """The plot; `name` is its id in the page, unlike all others.

    Points without any error of one kind cannot be drawn on such axes: a curve ends at one error among its
    pairs. A mark that lies beyond is drawn on the edge.
    """
    plane = _plane(curves, marks)
    drawn = Markup("").join(
        draw_curve(plotted, *plane.line_points(plotted.curve.fmr, plotted.curve.fnmr)) for plotted in curves
    )
    places = plane.points(np.array([mark.fmr for mark in marks]), np.array([mark.fnmr for mark in marks]))
    middle = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    return picture(
        WIDTH,
        HEIGHT,
        "DET curve",
        "False match rate on the horizontal axis against false non-match rate on the vertical axis, both on "
        "normal-deviate scales; nearer to the lower left corner is better. " + _describe(marks),
        name,
        plane.grid(percent_ticks(plane.x, RATE_TICKS), percent_ticks(plane.y, RATE_TICKS)),
        plane.shade(
            1 / max(plotted.curve.impostors for plotted in curves),
            1 / max(plotted.curve.genuine for plotted in curves),
        ),
        line(LEFT, BOTTOM, RIGHT, TOP, "eer-line"),
        text(
            RIGHT - 8, TOP + 18, "FMR = FNMR", text_anchor="end", class_="tick", transform=_along_diagonal()
        ),
        plane.clip(name, drawn)
        if drawn
        else text(*middle, "no threshold makes both errors", text_anchor="middle", class_="label"),
        draw_marks(plane, marks, places, falling=True),
        plane.titles("FMR, % of impostor pairs accepted", "FNMR, % of genuine pairs rejected", HEIGHT),
    )


def _plane(curves: Sequence[PlottedCurve], marks: Sequence[Mark]) -> Plane:
    """Equal axes, from below one error among the pairs to well beyond the EERs."""
    least = min([MOST_LOW, *(1 / max(plotted.curve.genuine, plotted.curve.impostors) for plotted in curves)])
    most = max([LEAST_HIGH, *(2 * min(mark.fmr, 0.49) for mark in marks if mark.is_eer)])
    low = max((tick for tick in RATE_TICKS if tick < least), default=RATE_TICKS[0])
    high = min((tick for tick in RATE_TICKS if tick >= most), default=RATE_TICKS[-1])
    return Plane(Axis(low, high, LEFT, RIGHT, normal_deviate), Axis(low, high, BOTTOM, TOP, normal_deviate))


def _along_diagonal() -> str:
    angle = -np.degrees(np.arctan2(BOTTOM - TOP, RIGHT - LEFT))
    return f"rotate({angle:.1f} {RIGHT} {TOP})"


def _describe(marks: Sequence[Mark]) -> str:
    return " ".join(f"{mark.label}: FMR {mark.fmr:.2%}, FNMR {mark.fnmr:.2%}." for mark in marks)
