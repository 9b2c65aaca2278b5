"""Drawings of classified faces: the reliability of P(synthetic), and how it is spread."""

import numpy as np
from markupsafe import Markup

from common.metrics.reliability import ReliabilityBin
from infer.classification.faces import ClassifiedFaces
from infer.classification.source import UNLABELLED
from infer.output.palette import LIGHT
from infer.output.score_histogram import ScorePanel, draw_scores
from infer.report.plane import Axis, Plane
from infer.report.svg import as_svg, new_figure

WIDTH, PANEL, TOP, BOTTOM = 640, 116, 30, 44
TENTHS = tuple(np.arange(0, 11, 2) / 10)
SMALLEST, LARGEST = 4.0, 14.0  # diameters of a point of the diagram

Bins = tuple[ReliabilityBin, ...]


def draw_reliability(name: str, bins: Bins, before: Bins | None) -> Markup:
    """The reliability diagram as an SVG of this id: P(synthetic) against the share that is synthetic.

    The area of a point is as the number of its faces. `before` are the bins without the temperature.
    """
    plane = Plane(
        Axis("mean P(synthetic) of a bin, %", 0, 1, TENTHS), Axis("synthetic faces in it, %", 0, 1, TENTHS)
    )
    plane.draw_diagonal("calibrated")
    for found, colour, dashes in ((before, "second", (4, 3)), (bins, "first", None)):
        filled = [one for one in found or () if one.faces]
        if not filled:
            continue
        x, y = ([getattr(one, axis) for one in filled] for axis in ("mean_probability", "synthetic_share"))
        plane.axes.plot(
            x, y, color=LIGHT[colour], linewidth=1.6, dashes=dashes or (None, None), clip_on=False
        )
        share = np.array([one.faces for one in filled]) / max(one.faces for one in filled)
        plane.axes.scatter(
            x, y, (SMALLEST + (LARGEST - SMALLEST) * np.sqrt(share)) ** 2 / 2,
            color=LIGHT[colour], edgecolors=LIGHT["paper"], linewidths=1, clip_on=False, zorder=4,
        )  # fmt: skip
    told = "; ".join(
        f"at {one.mean_probability:.2f}, {one.synthetic_share:.2f} of {one.faces}"
        for one in bins
        if one.faces
    )
    return as_svg(plane.figure, name, "Reliability diagram", f"Share that is synthetic by P: {told}.", {})


def draw_probabilities(name: str, faces: ClassifiedFaces) -> Markup | None:
    """The histograms of P(synthetic) as an SVG of this id; None where no face has a score."""
    there = ~np.isnan(faces.logit)
    panels = []
    for label, words, colour, wrong_below in (
        (0, "bona fide", "same_person", False),
        (1, "synthetic", "synthetic", True),
        (UNLABELLED, "unlabelled", "all", None),
    ):
        scores = faces.probability[there & (faces.label == label)]
        if len(scores):
            panels.append(ScorePanel(words, colour, scores, wrong_below, "face"))
    if not panels:
        return None
    height = TOP + PANEL * len(panels) + BOTTOM
    figure = new_figure(WIDTH, height)
    low, high = faces.point.undecided
    draw_scores(figure, panels, faces.point.threshold, "P(synthetic)", (low, high) if low < high else None)
    figure.subplots_adjust(0.002, BOTTOM / height, 0.998, 1 - (TOP + 10) / height, 0.3)
    medians = "; ".join(f"{panel.label}, median {np.median(panel.scores):.2f}" for panel in panels)
    told = f"Histograms of P(synthetic): {medians}. The threshold is {faces.point.threshold:.3f}."
    return as_svg(figure, name, "P(synthetic)", told, {})
