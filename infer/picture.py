"""A picture of the results: pairs from the hardest to the easiest, and the scores of each category."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from align.aligner import AlignedFace, align_photographs
from common.atomic import write_atomically
from common.pairs import PairCategory
from infer.score import ScoredPair, Verdict

PAIRS_PER_ROW = 6
RIGHT, WRONG = "#2e8b57", "#c8382f"
COLOURS = {
    PairCategory.SAME_PERSON: "#2e8b57",
    PairCategory.DIFFERENT_PERSON: "#3b6fb6",
    PairCategory.SYNTHETIC: "#c8382f",
}


def draw_results(
    path: Path, scored: Sequence[ScoredPair], labels: Mapping[str, PairCategory] | None, threshold: float
) -> None:
    """Write a PNG: a row of pairs per category, hardest first, and a histogram of the similarities.

    Pairs without labels make one row. A frame is green where the verdict is right and red where it is wrong.
    """
    groups = _group(scored, labels)
    figure = Figure(figsize=(2.0 * PAIRS_PER_ROW, 1.55 * len(groups) + 2.6), layout="constrained")
    top, bottom = figure.subfigures(2, 1, squeeze=False, height_ratios=[1.55 * len(groups), 2.6])[:, 0]
    grid = top.subplots(len(groups), PAIRS_PER_ROW, squeeze=False)
    for row, (category, entries) in zip(grid, groups.items(), strict=True):
        for axes in row:
            axes.axis("off")
        chosen = _spread(entries, PAIRS_PER_ROW)
        images = _pair_images(chosen)
        for axes, entry, image in zip(row, chosen, images, strict=False):
            _draw_pair(axes, entry, image, category, threshold)
        row[0].set_title(_row_title(category), loc="left", fontsize=10, fontweight="bold")
    _draw_histogram(bottom.subplots(), groups, threshold)
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def _group(
    scored: Sequence[ScoredPair],
    labels: Mapping[str, PairCategory] | None,
) -> dict[PairCategory | None, list[ScoredPair]]:
    """Entries by category, the hardest first: low for genuine pairs, high for the others."""
    groups: dict[PairCategory | None, list[ScoredPair]] = {}
    for category in (*PairCategory, None):
        entries = [entry for entry in scored if (labels or {}).get(entry.pair.pair_id) is category]
        if entries:
            hardest_is_low = category is not None and category.is_genuine
            groups[category] = sorted(entries, key=lambda entry: entry.similarity, reverse=not hardest_is_low)
    return groups


def _spread(entries: Sequence[ScoredPair], count: int) -> list[ScoredPair]:
    """At most `count` entries, evenly spaced from the first to the last."""
    chosen = np.linspace(0, len(entries) - 1, min(count, len(entries))).round().astype(int)
    return [entries[index] for index in chosen]


def _pair_images(entries: Sequence[ScoredPair]) -> list[NDArray[np.uint8]]:
    """The two crops of each pair side by side, (112, 228, 3); grey where there is no face."""
    outcomes = align_photographs(
        [path for entry in entries for path in (entry.pair.first, entry.pair.second)]
    )
    crops = [
        outcome.image if isinstance(outcome, AlignedFace) else np.full((112, 112, 3), 200, np.uint8)
        for outcome in outcomes
    ]
    gap = np.full((112, 4, 3), 255, np.uint8)
    return [np.hstack([crops[index], gap, crops[index + 1]]) for index in range(0, len(crops), 2)]


def _row_title(category: PairCategory | None) -> str:
    if category is None:
        return "pairs, most similar first"
    wanted = "should match" if category.is_genuine else "should not match"
    return f"{category.display_name}: {wanted}, hardest first"


def _draw_pair(
    axes: Axes, entry: ScoredPair, image: NDArray[np.uint8], category: PairCategory | None, threshold: float
) -> None:
    verdict = entry.verdict(threshold)
    right = category is None or (verdict is Verdict.MATCH) == category.is_genuine
    axes.axis("on")
    axes.imshow(image)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=RIGHT if right else WRONG, linewidth=2.5)
    text = (
        "no face"
        if verdict is Verdict.NO_FACE
        else f"{entry.similarity:.2f} {verdict.value.replace('_', ' ')}"
    )
    axes.set_xlabel(text, fontsize=9, color=RIGHT if right else WRONG)


def _draw_histogram(
    axes: Axes, groups: Mapping[PairCategory | None, Sequence[ScoredPair]], threshold: float
) -> None:
    bins = np.linspace(-1, 1, 81)
    for category, entries in groups.items():
        colour, label = (COLOURS[category], category.display_name) if category else ("#666666", "unlabelled")
        axes.hist(
            [entry.similarity for entry in entries], bins=list(bins), alpha=0.55, color=colour, label=label
        )
    axes.axvline(threshold, color="black", linestyle="--", linewidth=1, label=f"threshold {threshold:.2f}")
    axes.set_xlabel("cosine similarity")
    axes.set_ylabel("pairs")
    axes.legend(fontsize=9, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


matplotlib.use("agg")  # files only: a server has no screen
