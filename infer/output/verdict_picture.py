"""A picture of one verification: the two faces, their similarity on a scale, and the verdict in words."""

import textwrap
import warnings
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.models.training_facts import SyntheticTraining
from common.runtime.atomic import write_atomically
from common.runtime.command_line import printable
from infer.claims import in_words, synthetic_statement, threshold_doubt
from infer.examine import Examined
from infer.models.model import Threshold
from infer.output.palette import LIGHT
from infer.score import Verdict
from infer.verify import PairVerdict

SIDE = 5.6  # inches; the height follows from the rows
DPI = 160
INK, FAINT, TRACK = LIGHT["ink"], LIGHT["soft"], LIGHT["grid"]
COLOURS = {Verdict.MATCH: LIGHT["different_person"], Verdict.NO_MATCH: LIGHT["synthetic"]}
HEADLINE_WIDTH, STATEMENT_WIDTH = 52, 92  # characters of a line
LABEL_WIDTH = 34  # characters of a name that fit below a crop


def draw_verdict(
    path: Path,
    examined: tuple[Examined, Examined],
    names: tuple[str, str],
    found: PairVerdict,
    at: Threshold | None,
    trained: SyntheticTraining | None,
) -> None:
    """Write a PNG of two faces as they were examined, `names` below them, and the verdict on the pair.

    `trained` is what the model was trained against: it decides what is said of synthetic faces.
    What cannot be printed in a name, such as bytes that are not UTF-8, is escaped.

    Raises ValueError for a photograph without a face, and OSError when the file cannot be written.
    """
    similarity = found.similarity
    if similarity is None:
        raise ValueError("a picture needs two faces")
    doubt = threshold_doubt(at)
    small = [*found.why[1:], *found.doubts, *([doubt] if doubt else []), synthetic_statement(trained)]
    notes = [found.why[0], *(line for note in small for line in textwrap.wrap(note, STATEMENT_WIDTH))]
    figure = Figure(figsize=(SIDE, 4.5 + 0.2 * max(0, len(notes) - 1)), facecolor="white")
    height = figure.get_figheight()
    colour = COLOURS[found.verdict] if found.verdict else INK
    words = in_words(found.verdict, trained, found.called_synthetic)
    headline = "\n".join(textwrap.wrap(words[0].upper() + words[1:], HEADLINE_WIDTH))
    figure.text(0.06, 1 - 0.34 / height, headline, size=12, weight="bold", color=colour, va="center")
    for left, entry, name in zip((0.06, 0.515), examined, names, strict=True):
        axes = figure.add_axes((left, 1 - 3.06 / height, 0.425, 0.425 * SIDE / height))
        _draw_face(axes, entry)
        axes.set_xlabel(_shortened(printable(name)), size=8, color=FAINT, labelpad=5, parse_math=False)
    scale = figure.add_axes((0.06, 1 - 4.0 / height, 0.88, 0.36 / height))
    _draw_scale(scale, similarity, at.value if at else None, colour)
    for row, reason in enumerate(notes):
        shade = INK if row == 0 else FAINT
        where = 1 - (4.36 + 0.2 * row) / height
        figure.text(0.06, where, reason, size=9.5 if row == 0 else 8, color=shade, parse_math=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # characters that the font lacks become boxes
        write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=DPI))


def _draw_face(axes: Axes, entry: Examined) -> None:
    """The crop with its landmarks."""
    if entry.face is None or entry.landmarks is None:
        raise ValueError("a picture needs two faces")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.imshow(entry.face.image, interpolation="lanczos")
    x, y = entry.landmarks.T
    axes.scatter(x, y, s=26, facecolors="none", edgecolors="black", linewidths=1.6, alpha=0.35)
    axes.scatter(x, y, s=26, facecolors="none", edgecolors="white", linewidths=0.9, alpha=0.9)


def _draw_scale(axes: Axes, similarity: float, threshold: float | None, colour: str) -> None:
    """Similarity and threshold, if any, on a line from 0 to 1, or from below where one of them lies there."""
    least = similarity if threshold is None else min(similarity, threshold)
    low = min(0.0, float(np.floor(5 * least)) / 5)
    axes.set_xlim(low - 0.004, 1.004)
    axes.set_ylim(0, 1)
    axes.spines[:].set_visible(False)
    axes.set_yticks([])
    axes.set_xticks(np.arange(round(5 * low), 6) / 5)
    axes.tick_params(axis="x", length=0, labelsize=7, labelcolor=FAINT, pad=1)
    axes.barh(0.3, 1 - low, 0.26, left=low, color=TRACK)
    axes.scatter([similarity], [0.3], s=90, color=colour, edgecolors="white", zorder=3, clip_on=False)
    if threshold is not None:
        _draw_threshold(axes, threshold, similarity, low)


def _draw_threshold(axes: Axes, threshold: float, similarity: float, low: float) -> None:
    axes.barh(0.3, 1 - threshold, 0.26, left=threshold, color=COLOURS[Verdict.MATCH], alpha=0.22)
    axes.plot([threshold, threshold], [0.06, 0.72], color=INK, linewidth=1.2, solid_capstyle="butt")
    # on the side where the dot is not, unless the scale ends there
    leftwards = similarity >= threshold if low + 0.2 < threshold < 0.8 else threshold >= 0.8
    side = "right" if leftwards else "left"
    axes.text(threshold, 0.78, f"threshold {threshold:.2f}", ha=side, va="bottom", size=8, color=INK)


def _shortened(name: str) -> str:
    """A name that fits below a crop: its end, which tells files apart, is kept."""
    return name if len(name) <= LABEL_WIDTH else "…" + name[1 - LABEL_WIDTH :]
