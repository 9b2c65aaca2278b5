"""The scores of each category: histograms one below the other, on one axis."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from infer.report.plane import Axis
from infer.report.svg import element, line, number, picture, text

FINE, COARSE = 0.02, 0.05  # width of a bar, in cosine similarity
ENOUGH = 400  # pairs of a category for fine bars
WIDTH, PANEL, LEFT, RIGHT, TOP, BOTTOM = 640, 116, 1, 639, 22, 44
TICKS = tuple(step / 5 for step in range(-5, 6))


@dataclass(frozen=True)
class ScorePanel:
    """The similarities of one kind of pair."""

    label: str
    style: str  # class in style.css
    similarity: NDArray[np.float64]  # without NaN
    wrong_below: bool | None  # whether it is wrong to be below the threshold, or above; None: neither


def score_panels(
    categories: NDArray[np.int8], similarity: NDArray[np.float64]
) -> dict[PairCategory | None, ScorePanel]:
    """A panel for each category that has a pair with two faces; the key None is that of unlabelled pairs."""
    found: dict[PairCategory | None, ScorePanel] = {}
    for category in (*PairCategory, None):
        of_category = categories == category.code if category else categories < 0
        shown = similarity[of_category & ~np.isnan(similarity)]
        if len(shown):
            label, style = (category.display_name, category.value) if category else ("unlabelled", "all")
            wrong_below = category.is_genuine if category else None
            found[category] = ScorePanel(label, style, shown, wrong_below)
    return found


def draw_scores(
    name: str, panels: Mapping[PairCategory | None, ScorePanel], threshold: float | None
) -> Markup:
    """The plot of at least one panel; the height of a bar is a share of its own category.

    The threshold is a border between two bars, so that a bar is right or wrong as a whole; wrong ones are
    hatched. Without one (None) none is wrong. `name` is its id in the page, unlike all others.
    """
    edges = _edges(panels, threshold)
    shares = {
        key: np.histogram(panel.similarity, edges)[0] / len(panel.similarity) for key, panel in panels.items()
    }
    highest = max(float(share.max()) for share in shares.values())
    axis = Axis(float(edges[0]), float(edges[-1]), LEFT, RIGHT)
    height = TOP + PANEL * len(panels) + BOTTOM
    parts = [_hatches(name, panels)]
    for row, (key, panel) in enumerate(panels.items()):
        base = TOP + PANEL * (row + 1)
        bars = Axis(0, highest, base, base - PANEL + 26)
        parts += _panel(panel, shares[key], edges, axis, bars, threshold, name)
    parts += [] if threshold is None else _threshold_line(axis, threshold, height)
    for tick in axis.inside(TICKS):
        place = float(axis.place(tick))
        parts.append(line(place, height - BOTTOM, place, height - BOTTOM + 5, "tick-line"))
        label = f"{tick:g}".replace("-", "−")
        parts.append(text(place, height - BOTTOM + 19, label, text_anchor="middle", class_="tick"))
    parts.append(
        text((LEFT + RIGHT) / 2, height - 4, "cosine similarity", text_anchor="middle", class_="axis")
    )
    return picture(
        WIDTH,
        height,
        "Scores",
        "Histograms of the cosine similarity: "
        + "; ".join(f"{panel.label}, median {np.median(panel.similarity):.2f}" for panel in panels.values())
        + ("." if threshold is None else f". The threshold is {threshold:.3f}."),
        name,
        *parts,
    )


def _threshold_line(axis: Axis, threshold: float, height: float) -> list[Markup]:
    at = float(axis.place(threshold))
    anchor, side = ("start", 6) if at < WIDTH / 2 else ("end", -6)
    return [
        line(at, 12, at, height - BOTTOM, "threshold"),
        text(at + side, 16, f"threshold {threshold:.3f}", text_anchor=anchor, class_="label strong"),
    ]


def _edges(panels: Mapping[PairCategory | None, ScorePanel], given: float | None) -> NDArray[np.float64]:
    """Borders of bars around all similarities and the threshold, or 0 without one, which is one of them."""
    threshold = 0.0 if given is None else given
    least = min(threshold, *(float(panel.similarity.min()) for panel in panels.values()))
    most = max(threshold, *(float(panel.similarity.max()) for panel in panels.values()))
    width = FINE if max(len(panel.similarity) for panel in panels.values()) >= ENOUGH else COARSE
    below = math.ceil((threshold - least) / width) + 1
    above = math.floor((most - threshold) / width) + 2
    return np.arange(-below, above + 1, dtype=np.float64) * width + threshold


def _panel(
    panel: ScorePanel,
    share: NDArray[np.float64],
    edges: NDArray[np.float64],
    axis: Axis,
    bars: Axis,
    threshold: float | None,
    name: str,
) -> list[Markup]:
    is_below = edges[1:] < (0.0 if threshold is None else threshold) + FINE / 2
    parts = [line(LEFT, bars.start, RIGHT, bars.start, "base")]
    for below in (True, False):
        rows = np.flatnonzero(is_below == below)
        wrong = threshold is not None and panel.wrong_below is not None and panel.wrong_below == below
        outline = _outline(share[rows], edges[rows[0] : rows[-1] + 2], axis, bars)
        parts.append(element("path", d=outline, class_=f"bars {panel.style}"))
        if wrong:
            parts.append(element("path", d=outline, fill=f"url(#{name}-{panel.style})"))
    count = f"{panel.label}  ·  {len(panel.similarity):,} pair{'s' if len(panel.similarity) > 1 else ''}"
    parts.append(text(LEFT, bars.end - 6, count, class_=f"label strong {panel.style}"))
    return parts


def _outline(share: NDArray[np.float64], edges: NDArray[np.float64], axis: Axis, bars: Axis) -> str:
    """The path around neighbouring bars; empty ones at both ends are left out."""
    filled = np.flatnonzero(share)
    if not len(filled):
        return "M0 0"
    share, edges = share[filled[0] : filled[-1] + 1], edges[filled[0] : filled[-1] + 2]
    x = np.repeat(axis.place(edges), 2)[1:-1]
    y = np.repeat(bars.place(share), 2)
    steps = "".join(f"L{number(a)} {number(b)}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    return f"M{number(x[0])} {number(bars.start)}{steps}L{number(x[-1])} {number(bars.start)}z"


def _hatches(name: str, panels: Mapping[PairCategory | None, ScorePanel]) -> Markup:
    patterns = [
        element(
            "pattern",
            element("path", d="M0 0V6", class_=f"hatch {panel.style}"),
            id=f"{name}-{panel.style}",
            width=5,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        for panel in panels.values()
    ]
    return element("defs", *patterns)
