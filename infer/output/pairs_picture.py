"""A picture of the results: pairs from the hardest to the easiest, and the scores of each category."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.formats.pair_list import UNLABELLED
from common.runtime.atomic import write_atomically
from infer.hard_pairs import crops_of
from infer.models.model import Model
from infer.output.results import Results
from infer.pair_sets.pair_set import PairSet
from infer.score import Verdict

PAIRS_PER_ROW = 6
RIGHT, WRONG, UNKNOWN = "#2e8b57", "#c8382f", "#8a9199"
COLOURS = {
    PairCategory.SAME_PERSON: "#2e8b57",
    PairCategory.DIFFERENT_PERSON: "#3b6fb6",
    PairCategory.SYNTHETIC: "#c8382f",
}


def draw_results(path: Path, pair_set: PairSet, results: Results, model: Model) -> None:
    """Write a PNG: a row of pairs per category, hardest first, and a histogram of the similarities.

    Pairs without labels make one row; those that were not compared are left out, and there must be others. A
    frame is green where the verdict is right, red where it is wrong, grey where nobody knows.
    """
    groups = _group(results)
    chosen = {category: _spread(rows, PAIRS_PER_ROW) for category, rows in groups.items()}
    images = iter(crops_of(pair_set, np.concatenate(list(chosen.values())), model))
    figure = Figure(figsize=(2.0 * PAIRS_PER_ROW, 1.55 * len(groups) + 2.6), layout="constrained")
    top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.55 * len(groups), 2.6])[:, 0]
    grid = top.subplots(len(groups), PAIRS_PER_ROW, squeeze=False)
    for axes_row, (category, rows) in zip(grid, chosen.items(), strict=True):
        for axes in axes_row:
            axes.axis("off")
        for axes, row in zip(axes_row, rows, strict=False):
            _draw_pair(axes, results, int(row), next(images), category)
        axes_row[0].set_title(_row_title(category), loc="left", fontsize=10, fontweight="bold")
    _draw_histogram(bottom.subplots(), groups, results)
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def _group(results: Results) -> dict[PairCategory | None, NDArray[np.int64]]:
    """Rows of compared pairs by category, the hardest first: low for genuine pairs, high for the others."""
    groups: dict[PairCategory | None, NDArray[np.int64]] = {}
    for category in (*PairCategory, None):
        code = UNLABELLED if category is None else category.code
        rows = np.flatnonzero((results.categories == code) & results.compared)
        if len(rows):
            hardest_is_low = category is not None and category.is_genuine
            scores = results.similarity[rows]
            groups[category] = rows[np.argsort(scores if hardest_is_low else -scores, kind="stable")]
    return groups


def _spread(rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """At most `count` rows, evenly spaced from the first to the last."""
    spread: NDArray[np.int64] = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int)]
    return spread


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


def _draw_histogram(
    axes: Axes, groups: Mapping[PairCategory | None, NDArray[np.int64]], results: Results
) -> None:
    bins = np.linspace(-1, 1, 81)
    for category, rows in groups.items():
        colour, label = (COLOURS[category], category.display_name) if category else ("#666666", "unlabelled")
        axes.hist(results.similarity[rows], bins=list(bins), alpha=0.55, color=colour, label=label)
    used = results.threshold
    if used is not None:
        axes.axvline(used, color="black", linestyle="--", linewidth=1, label=f"threshold {used:.2f}")
    axes.set_xlabel("cosine similarity")
    axes.set_ylabel("pairs")
    axes.legend(fontsize=9, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
