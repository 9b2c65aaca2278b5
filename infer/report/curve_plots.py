"""DET and ROC curves (ISO/IEC 19795-1)."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup
from scipy.special import ndtri

from infer.report.curve import OF_PAIRS, CurveWords
from infer.report.plane import Axis, Mark, Plane, PlottedCurve
from infer.report.svg import as_svg

POWERS = tuple(10.0**exponent for exponent in range(-8, 1))
DET_TICKS = (*POWERS[:5], 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.98)
MOST_LOW, LEAST_HIGH = 0.05, 0.4  # the axes of a DET curve hold these rates, and twice the EER
TAR_STEPS = {0.99: 0.002, 0.95: 0.01, 0.9: 0.02, 0.8: 0.05, 0.5: 0.1, 0.0: 0.2}  # by the start of the axis


def draw_det(
    name: str, curves: Sequence[PlottedCurve], marks: Sequence[Mark], words: CurveWords = OF_PAIRS
) -> Markup:
    """The DET curve, FMR against FNMR, as an SVG of this id.

    Both axes are scaled by the quantiles of the standard normal distribution: where the scores of both
    classes are normally distributed, the curve is a straight line (Martin et al., "The DET curve in
    assessment of detection task performance", Eurospeech 1997). Points without any error of one kind cannot
    be drawn on such axes: a curve ends at one error among its pairs. A mark beyond is drawn on the edge.
    """
    impostors, genuine = (
        max(getattr(each.curve, kind) for each in curves) for kind in ("impostors", "genuine")
    )
    least = min(MOST_LOW, 1 / max(impostors, genuine))
    most = max([LEAST_HIGH, *(2 * min(mark.fmr, 0.49) for mark in marks if mark.is_eer)])
    low = max((tick for tick in DET_TICKS if tick < least), default=DET_TICKS[0])
    high = min((tick for tick in DET_TICKS if tick >= most), default=DET_TICKS[-1])
    plane = Plane(
        Axis(f"{words.fmr}, % of {words.shares[0]}", low, high, DET_TICKS, ndtri),
        Axis(f"{words.fnmr}, % of {words.shares[1]}", low, high, DET_TICKS, ndtri),
    )
    plane.shade(1 / impostors, 1 / genuine)
    plane.draw_diagonal(f"{words.fmr} = {words.fnmr}")
    for each in curves:
        plane.draw_curve(each, each.curve.fnmr, words)
    if not plane.lines:
        plane.write(0.5, 0.5, "no threshold makes both errors", ha="center", transform=plane.axes.transAxes)
    plane.draw_marks(marks, [mark.fnmr for mark in marks], falling=True)
    told = " ".join(
        f"{mark.label}: {words.fmr} {mark.fmr:.2%}, {words.fnmr} {mark.fnmr:.2%}." for mark in marks
    )
    description = (
        f"{words.names[0]} on the horizontal axis against {words.names[1]} on the vertical axis, both on "
        f"normal-deviate scales; nearer to the lower left corner is better. {told}"
    )
    return as_svg(plane.figure, name, "DET curve", description, plane.lines)


def draw_roc(
    name: str, curves: Sequence[PlottedCurve], marks: Sequence[Mark], words: CurveWords = OF_PAIRS
) -> Markup:
    """The ROC curve, TAR = 1 − FNMR against FMR on a logarithmic axis, as an SVG of this id.

    A curve begins at one impostor pair accepted. A mark that lies beyond is drawn on the edge.
    """
    impostors = max(each.curve.impostors for each in curves)
    low = max((tick for tick in POWERS if tick <= 0.9 / impostors), default=POWERS[0])
    least = min((1 - each.curve.fnmr[each.curve.fmr > 0]).min(initial=1.0) for each in curves)
    start = next(start for start in TAR_STEPS if start <= least)
    ticks = np.arange(start, 1 + TAR_STEPS[start] / 2, TAR_STEPS[start])
    plane = Plane(
        Axis(f"{words.fmr}, % of {words.shares[0]}", low, 1, POWERS, np.log10),
        Axis(f"{words.tar}, % of {words.shares[2]}", start, 1, ticks.round(3).tolist()),
    )
    plane.shade(1 / impostors, start)
    for each in curves:
        plane.draw_curve(each, 1 - each.curve.fnmr, words)
    plane.draw_marks(marks, [1 - mark.fnmr for mark in marks], falling=False)
    description = (
        f"{words.names[0]} on a logarithmic horizontal axis against {words.names[2]} on the vertical axis, "
        f"which begins at {start:.0%}; nearer to the upper left corner is better."
    )
    return as_svg(plane.figure, name, "ROC curve", description, plane.lines)
