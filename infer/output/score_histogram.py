"""Histograms of the scores of each category or class, one below the other on one axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.runtime.wording import counted
from infer.output.palette import LIGHT

FINE, COARSE = 0.02, 0.05  # width of a bar
ENOUGH = 400  # scores of a panel for fine bars
TICKS = np.arange(-5, 6) / 5


@dataclass(frozen=True)
class ScorePanel:
    """The scores of one kind of pair or face.

    Attributes:
        label: its name.
        colour: a name in the palette.
        scores: (K,) without NaN, K > 0.
        wrong_below: whether it is wrong to be below the threshold, or above; None: neither.
        noun: of what the scores are.
    """

    label: str
    colour: str
    scores: NDArray[np.float64]
    wrong_below: bool | None
    noun: str = "pair"


def score_panels(categories: NDArray[np.int8], similarity: NDArray[np.float64]) -> list[ScorePanel]:
    """A panel for each category that has a pair with two faces, the one of unlabelled pairs last."""
    panels = []
    for category in (*PairCategory, None):
        shown = similarity[(categories == category.code if category else categories < 0)]
        shown = shown[~np.isnan(shown)]
        if len(shown):
            label, colour = (category.display_name, category.value) if category else ("unlabelled", "all")
            panels.append(ScorePanel(label, colour, shown, category.is_genuine if category else None))
    return panels


def draw_scores(
    figure: FigureBase,
    panels: Sequence[ScorePanel],
    threshold: float | None,
    axis: str = "cosine similarity",
    band: tuple[float, float] | None = None,
) -> None:
    """Draw at least one panel; the height of a bar is a share of its own category.

    The threshold is a border between two bars, so that a bar is right or wrong as a whole; wrong ones are
    hatched. Without one (None) none is wrong. A band, in which there is no verdict, is shaded.
    """
    edges = _edges(panels, threshold)
    column = figure.subplots(len(panels), sharex=True, sharey=True, squeeze=False)[:, 0]
    with rc_context({"hatch.linewidth": 2.5}):
        for axes, panel in zip(column, panels, strict=True):
            if band is not None:
                axes.axvspan(*band, color=LIGHT["shade"], linewidth=0, zorder=0)
            _draw_panel(axes, panel, edges, threshold)
    last = column[-1]
    last.set_xlim(edges[0], edges[-1])
    last.set_ylim(0)
    last.set_xticks([tick for tick in TICKS if edges[0] <= tick <= edges[-1]])
    last.tick_params(bottom=True, labelbottom=True, color=LIGHT["soft"], labelcolor=LIGHT["soft"])
    last.set_xlabel(axis, color=LIGHT["soft"], size=11, labelpad=8)
    if threshold is not None:
        left = threshold < (edges[0] + edges[-1]) / 2
        column[0].annotate(
            f"threshold {threshold:.3f}",
            (threshold, 1),
            (6 if left else -6, 12),
            ("data", "axes fraction"),
            "offset points",
            ha="left" if left else "right",
            size=11,
            weight="bold",
            color=LIGHT["ink"],
        )


def _edges(panels: Sequence[ScorePanel], given: float | None) -> NDArray[np.float64]:
    """Borders of bars around all scores and the threshold, or 0 without one, which is one of them."""
    threshold = 0.0 if given is None else given
    least = min(threshold, *(float(panel.scores.min()) for panel in panels))
    most = max(threshold, *(float(panel.scores.max()) for panel in panels))
    width = FINE if max(len(panel.scores) for panel in panels) >= ENOUGH else COARSE
    below = math.ceil((threshold - least) / width) + 1
    above = math.floor((most - threshold) / width) + 2
    return np.arange(-below, above + 1, dtype=np.float64) * width + threshold


def _draw_panel(axes: Axes, panel: ScorePanel, edges: NDArray[np.float64], threshold: float | None) -> None:
    colour = LIGHT[panel.colour]
    share = np.histogram(panel.scores, edges)[0] / len(panel.scores)
    is_below = edges[1:] < (0.0 if threshold is None else threshold) + FINE / 2
    for below in (True, False):
        filled = np.flatnonzero((share > 0) & (is_below == below))
        if not len(filled):
            continue
        first, end = filled[0], filled[-1] + 1
        bars = share[first:end], edges[first : end + 1]
        axes.stairs(*bars, fill=True, facecolor=(colour, 0.26), edgecolor=colour, linewidth=1)
        if threshold is not None and panel.wrong_below == below:
            axes.stairs(*bars, fill=True, facecolor="none", edgecolor=colour, linewidth=0, hatch="/////")
    if threshold is not None:
        axes.axvline(threshold, 0, 1.3, clip_on=False, color=LIGHT["ink"], linewidth=1.3, dashes=(4, 2.5))
    title = f"{panel.label} · {counted(len(panel.scores), panel.noun)}"
    axes.set_title(title, loc="left", size=11, weight="bold", color=colour, pad=4)
    axes.set_yticks([])
    axes.tick_params(bottom=False, labelbottom=False)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT["soft"])
