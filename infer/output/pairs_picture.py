"""A picture of the results: pairs from the hardest to the easiest, and the scores of each category."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.runtime.atomic import write_atomically
from infer.hard_pairs import Ranking
from infer.output.palette import LIGHT
from infer.output.results import Results
from infer.output.score_histogram import draw_scores, score_panels
from infer.score import Verdict

PAIRS_PER_ROW = 6
FACES, SCORES = 1.55, 0.95  # inches, of a row of pairs and of a histogram
RIGHT, WRONG, UNKNOWN = LIGHT["same_person"], LIGHT["wrong"], LIGHT["soft"]


def pictured_pairs(ranking: Ranking) -> dict[PairCategory | None, NDArray[np.int64]]:
    """At most `PAIRS_PER_ROW` rows of each category that has any, evenly spaced from the hardest on."""
    return {
        category: rows[np.linspace(0, len(rows) - 1, min(PAIRS_PER_ROW, len(rows))).round().astype(int)]
        for category, rows in ranking.items()
        if len(rows)
    }


def draw_results(
    path: Path,
    results: Results,
    pictured: dict[PairCategory | None, NDArray[np.int64]],
    crops: NDArray[np.uint8],
) -> None:
    """Write a PNG: a row of pairs per category, and the histograms of the similarities.

    A frame is green where the verdict is right, red where it is wrong, grey where nobody knows.

    Args:
        path: of the PNG.
        results: of at least one pair that was compared.
        pictured: the K pairs to draw, as of `pictured_pairs`.
        crops: (K, 2, S, S, 3) theirs, in order.
    """
    faces = iter(crops)
    heights = [FACES * len(pictured), SCORES * len(pictured) + 0.5]
    figure = Figure(figsize=(2.0 * PAIRS_PER_ROW, sum(heights)), layout="constrained")
    top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)[:, 0]
    grid = top.subplots(len(pictured), PAIRS_PER_ROW, squeeze=False)
    for axes_row, (category, rows) in zip(grid, pictured.items(), strict=True):
        for axes in axes_row:
            axes.axis("off")
        for axes, row in zip(axes_row, rows, strict=False):
            _draw_pair(axes, results, int(row), next(faces), category)
        axes_row[0].set_title(_row_title(category), loc="left", fontsize=10, fontweight="bold")
    draw_scores(bottom, score_panels(results.categories, results.similarity), results.threshold)
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def _row_title(category: PairCategory | None) -> str:
    if category is None:
        return "pairs, most similar first"
    wanted = "should match" if category.is_genuine else "should not match"
    return f"{category.display_name}: {wanted}, hardest first"


def _draw_pair(
    axes: Axes, results: Results, row: int, crops: NDArray[np.uint8], category: PairCategory | None
) -> None:
    """Draw one pair; `crops` is (2, S, S, 3)."""
    verdict = results.verdict_on(row)
    right = category is None or (verdict is Verdict.MATCH) == category.is_genuine
    colour = UNKNOWN if verdict is None else RIGHT if right else WRONG
    axes.axis("on")
    gap = np.full((crops.shape[1], max(1, crops.shape[1] // 28), 3), 255, np.uint8)
    axes.imshow(np.hstack([crops[0], gap, crops[1]]))
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=colour, linewidth=2.5)
    word = verdict.value.replace("_", " ") if verdict else ""
    axes.set_xlabel(f"{results.similarity[row]:.2f} {word}", fontsize=9, color=colour)
