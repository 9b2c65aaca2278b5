"""A picture of a search: probes, each beside its first candidates."""

import warnings
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from common.runtime.atomic import write_atomically
from common.runtime.command_line import printable
from infer.embeddings import few_crops
from infer.models.model import Model
from infer.output.palette import LIGHT
from infer.search.figures import Mates
from infer.search.nearest import Nearest
from infer.search.side import Side

MOST_PROBES, MOST_CANDIDATES = 8, 6
SIDE = 1.35  # inches of a face
GAP, STEP, ROW = 0.12, 1.08, 1.25  # in faces: the margin, and from one face to the next, across and down
LONGEST = 14  # characters of a name below a face
MATE, OTHER, UNKNOWN, INK = LIGHT["same_person"], LIGHT["wrong"], LIGHT["soft"], LIGHT["ink"]
SYNTHETIC = LIGHT["synthetic"]


def pictured_probes(found: Nearest, mates: Mates | None) -> NDArray[np.int64]:
    """At most eight probes, evenly spaced from the hardest to the easiest.

    Hard is a probe whose best mate is far below the best other candidate; where people are not known, one
    whose best candidate is the least similar.
    """
    ease = found.similarity[:, 0]
    if mates is not None:
        best = [np.where(which, found.similarity, -1.0).max(axis=1) for which in (mates.hits, ~mates.hits)]
        ease = best[0] - best[1]
    order = np.argsort(ease, kind="stable").astype(np.int64)
    places = np.linspace(0, len(order) - 1, min(MOST_PROBES, len(order))).round().astype(int)
    chosen: NDArray[np.int64] = order[places]
    return chosen


def draw_matches(
    path: Path,
    shown: NDArray[np.int64],
    gallery: Side,
    probes: Side,
    found: Nearest,
    mates: Mates | None,
    threshold: float | None,
    model: Model,
) -> None:
    """Write a PNG: a row for each probe, its crop and those of its best candidates.

    A frame is green where a candidate shows the probe's person, red where it is a match with somebody else,
    grey otherwise, also where people are not known; dashed below the threshold. Raises OSError when the file
    cannot be written.

    Args:
        path: of the PNG.
        shown: rows of the probes, as of `pictured_probes`.
        gallery, probes: with photographs.
        found: the candidates of all probes.
        mates: None where people are not known.
        threshold: None where it is not known.
        model: that the crops are made for.
    """
    columns = min(MOST_CANDIDATES, found.rows.shape[1])
    candidates = found.rows[shown, :columns]
    distinct = np.unique(candidates)
    of_gallery = dict(zip(distinct.tolist(), _crops(gallery, distinct, model), strict=True))
    of_probes = _crops(probes, shown, model)
    figure, axes = _sheet(columns + 1, len(shown))
    axes.text(0, -GAP, "probe", fontsize=9, fontweight="bold", color=INK)
    axes.text(STEP, -GAP, "most similar first", fontsize=9, fontweight="bold", color=INK)
    for place, probe in enumerate(shown.tolist()):
        synthetic = bool(probes.rows.synthetic[probe])
        words = _named(probes, probe, mates) + (" (synthetic)" if synthetic else "")
        _draw(axes, (0, place), of_probes[place], words, SYNTHETIC if synthetic else INK, 1.0)
        for rank in range(columns):
            row, similarity = int(candidates[place, rank]), float(found.similarity[probe, rank])
            accepted = threshold is not None and similarity >= threshold
            is_mate = mates is not None and bool(mates.hits[probe, rank]) and not synthetic
            colour = MATE if is_mate else OTHER if accepted and mates is not None else UNKNOWN
            words = f"{similarity:.2f}  {_named(gallery, row, mates)}"
            dashed = threshold is not None and not accepted
            _draw(axes, (rank + 1, place), of_gallery[row], words, colour, 2.5, "--" if dashed else "-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # characters that the font lacks become boxes
        write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def _sheet(columns: int, rows: int) -> tuple[Figure, Axes]:
    """A figure for so many faces, and its axes; a face is 1 wide and high, y grows downwards."""
    width, height = STEP * columns + GAP, ROW * rows + 2 * GAP
    figure = Figure(figsize=(SIDE * width, SIDE * height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set_xlim(-GAP, width - GAP)
    axes.set_ylim(height - 2 * GAP, -2 * GAP)
    return figure, axes


def _crops(side: Side, rows: NDArray[np.int64], model: Model) -> NDArray[np.uint8]:
    """The crops of photographs, (K, S, S, 3); white where there is none, as of a video."""
    images = side.images
    assert images is not None  # else there is no picture
    return few_crops([images[row] for row in rows.tolist()], model, aligned=False, blank=255)


def _draw(
    axes: Axes,
    place: tuple[int, int],
    crop: NDArray[np.uint8],
    words: str,
    colour: str,
    width: float,
    style: str = "-",
) -> None:
    """A crop in its frame at a column and a row, with words below it."""
    left, top = STEP * place[0], ROW * place[1]
    axes.imshow(crop, extent=(left, left + 1, top + 1, top), aspect="auto", interpolation="lanczos")
    frame = Rectangle((left, top), 1, 1, fill=False, edgecolor=colour, linewidth=width, linestyle=style)
    axes.add_patch(frame)
    axes.text(
        left + 0.5, top + 1.04, words, fontsize=8, color=colour, ha="center", va="top", parse_math=False
    )


def _named(side: Side, row: int, mates: Mates | None) -> str:
    """The end of the name of whom a photograph shows, or of the photograph where people are not known."""
    name = printable(side.rows.path[row] if mates is None else side.rows.identity[row])
    return name if len(name) <= LONGEST else "…" + name[1 - LONGEST :]
