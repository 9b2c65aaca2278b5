"""The scores of each category as a drawing of the page."""

import numpy as np
from markupsafe import Markup

from infer.output.results import Results
from infer.output.score_histogram import draw_scores, score_panels
from infer.report.svg import as_svg, new_figure

WIDTH, PANEL, TOP, BOTTOM = 640, 116, 30, 44


def draw_score_plot(name: str, results: Results) -> Markup | None:
    """The histograms of results as an SVG of this id; None where no pair was compared."""
    panels, threshold = score_panels(results.categories, results.similarity), results.threshold
    if not panels:
        return None
    height = TOP + PANEL * len(panels) + BOTTOM
    figure = new_figure(WIDTH, height)
    draw_scores(figure, panels, threshold)
    figure.subplots_adjust(0.002, BOTTOM / height, 0.998, 1 - (TOP + 10) / height, 0.3)
    medians = "; ".join(f"{panel.label}, median {np.median(panel.scores):.2f}" for panel in panels)
    told = "" if threshold is None else f" The threshold is {threshold:.3f}."
    return as_svg(figure, name, "Scores", f"Histograms of the cosine similarity: {medians}.{told}", {})
