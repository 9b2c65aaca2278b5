"""The ROC curve: TAR = 1 − FNMR against FMR, the latter on a logarithmic axis (ISO/IEC 19795-1)."""

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from infer.report.plane import Axis, Plane, percent_ticks
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
from infer.report.svg import picture

FMR_TICKS = tuple(10.0**exponent for exponent in range(-8, 1))
STARTS = (0.99, 0.95, 0.9, 0.8, 0.5, 0.0)  # of the TAR axis
STEPS = {0.99: 0.002, 0.95: 0.01, 0.9: 0.02, 0.8: 0.05, 0.5: 0.1, 0.0: 0.2}


def draw_roc(name: str, curves: Sequence[PlottedCurve], marks: Sequence[Mark]) -> Markup:
    """The plot; `name` is its id in the page, unlike all others.

    A curve begins at one impostor pair accepted. A mark that lies beyond is drawn on the edge.
    """
    plane = _plane(curves)
    drawn = Markup("").join(
        draw_curve(plotted, *plane.line_points(plotted.curve.fmr, 1 - plotted.curve.fnmr))
        for plotted in curves
    )
    places = plane.points(np.array([mark.fmr for mark in marks]), 1 - np.array([mark.fnmr for mark in marks]))
    start = plane.y.low
    ticks = [start + STEPS[start] * step for step in range(round((1 - start) / STEPS[start]) + 1)]
    return picture(
        WIDTH,
        HEIGHT,
        "ROC curve",
        "False match rate on a logarithmic horizontal axis against true accept rate on the vertical axis, "
        f"which begins at {start:.0%}; nearer to the upper left corner is better.",
        name,
        plane.grid(percent_ticks(plane.x, FMR_TICKS), {tick: f"{round(100 * tick, 1):g}" for tick in ticks}),
        plane.shade(1 / max(plotted.curve.impostors for plotted in curves), start),
        plane.clip(name, drawn),
        draw_marks(plane, marks, places, falling=False),
        plane.titles("FMR, % of impostor pairs accepted", "TAR, % of genuine pairs accepted", HEIGHT),
    )


def _plane(curves: Sequence[PlottedCurve]) -> Plane:
    most = max(plotted.curve.impostors for plotted in curves)
    low = 10.0 ** math.floor(math.log10(0.9 / most))
    least = min((1 - plotted.curve.fnmr[plotted.curve.fmr > 0]).min(initial=1.0) for plotted in curves)
    start = next(start for start in STARTS if start <= least)
    return Plane(Axis(max(low, FMR_TICKS[0]), 1, LEFT, RIGHT, np.log10), Axis(start, 1, BOTTOM, TOP))
