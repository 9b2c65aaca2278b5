"""A picture of a session: similarity and P(synthetic) over the seconds of the video, and faces from it."""

import textwrap
import warnings
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from common.runtime.atomic import write_atomically
from infer.output.palette import LIGHT
from infer.render.render import usual_step
from infer.score import Verdict
from infer.session.examine import Session

WIDTH, DPI = 8.0, 150  # inches
INK, FAINT, GRID, WRONG = LIGHT["ink"], LIGHT["soft"], LIGHT["grid"], LIGHT["wrong"]
COLOURS = {Verdict.MATCH: LIGHT["same_person"], Verdict.NO_MATCH: WRONG, None: INK}
SHOWN = 8  # faces of the video
MOST_NOTES = 8  # lines of reasons
HEADLINE_WIDTH, NOTE_WIDTH = 84, 118  # characters of a line
LEFT, RIGHT = 0.08, 0.97  # of the width


def draw_session(path: Path, session: Session) -> None:
    """Write a PNG of a session."""
    found = session.found
    notes = [line for text in (*found.why, *found.doubts) for line in textwrap.wrap(text, NOTE_WIDTH)]
    heights = [2.0] + ([1.3] if session.point is not None else [])
    headline = textwrap.wrap(found.headline[0].upper() + found.headline[1:], HEADLINE_WIDTH)
    words = 0.22 * len(headline) + 0.19 * len(notes[:MOST_NOTES])
    height = 1.75 + words + sum(heights) + 0.35 * len(heights)
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    top = _write_words(figure, session, headline, notes[:MOST_NOTES])
    for panel, own in zip((_draw_similarity, _draw_synthetic), heights, strict=False):
        axes = figure.add_axes((LEFT, (top - own) / height, RIGHT - LEFT, own / height))
        _prepare(axes, session)
        panel(axes, session)
        top -= own + 0.35
    axes.set_xlabel("seconds", size=8, color=FAINT, labelpad=1)
    _draw_faces(figure, session, top - 0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # characters that the font lacks become boxes
        write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=DPI))


def _write_words(figure: Figure, session: Session, headline: list[str], notes: list[str]) -> float:
    """Headline and reasons; returns how many inches are left below."""
    height = figure.get_figheight()
    found, top = session.found, height - 0.3
    for line in headline:
        figure.text(
            LEFT, top / height, line, size=11, weight="bold", color=COLOURS[found.verdict], va="center"
        )
        top -= 0.22
    for number, line in enumerate(notes):
        shade = INK if number < len(found.why) else FAINT
        figure.text(LEFT, top / height, line, size=8, color=shade, va="center", parse_math=False)
        top -= 0.19
    return top - 0.2


def _prepare(axes: Axes, session: Session) -> None:
    seen, person = session.seen, session.found.person
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=7, labelcolor=FAINT)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    step = usual_step(seen.looked_at)
    axes.set_xlim(float(seen.looked_at[0]) - step, float(seen.looked_at[-1]) + step)
    for start, stop in _runs(~np.isin(seen.looked_at, seen.seconds[person.rows])):
        first, last = float(seen.looked_at[start]), float(seen.looked_at[stop - 1])
        axes.axvspan(first - step / 2, last + step / 2, color=LIGHT["shade"], zorder=0, linewidth=0)
    for switch in person.switches:
        axes.axvline(switch.seconds, color=WRONG, linewidth=1.4)


def _draw_similarity(axes: Axes, session: Session) -> None:
    seen, found = session.seen, session.found
    person = found.person
    others = np.setdiff1d(np.arange(len(seen.seconds)), person.rows)
    axes.scatter(seen.seconds[others], person.similarity[others], s=5, color=FAINT, alpha=0.35, linewidths=0)
    values = person.similarity[person.rows]
    axes.scatter(seen.seconds[person.rows], values, s=9, color=LIGHT["different_person"], linewidths=0)
    axes.set_ylim(min(0.0, float(person.similarity.min())) - 0.05, 1.02)
    axes.axhline(found.threshold, color=INK, linewidth=1)
    label = "similarity to the document; the line is the threshold"
    label += ", grey: other faces" if len(others) else ""
    label += ", red: a switch" if person.switches else ""
    axes.set_title(label, size=8, color=FAINT, loc="left", pad=3)


def _draw_synthetic(axes: Axes, session: Session) -> None:
    found = session.found
    seconds = session.seen.seconds[found.person.rows]
    axes.plot(seconds, found.probability, ".", markersize=4, color=LIGHT["synthetic"])
    axes.set_ylim(-0.03, 1.03)
    if (point := session.point) is not None:
        low, high = point.undecided
        axes.axhspan(low, high, color=GRID, linewidth=0)
        axes.axhline(point.threshold, color=INK, linewidth=1)
    axes.set_title(
        "P(synthetic), five frames at a time; the line is the threshold",
        size=8,
        color=FAINT,
        loc="left",
        pad=3,
    )


def _draw_faces(figure: Figure, session: Session, top: float) -> None:
    """The face on the document, and some of the video, evenly spaced but for the worst."""
    height, side = figure.get_figheight(), (RIGHT - LEFT) * WIDTH / (SHOWN + 1) - 0.06
    if session.document.face is None:
        raise ValueError("a session has a document with a face")
    seen, person = session.seen, session.found.person
    tiles: list[tuple[NDArray[np.uint8], str]] = [(session.document.face.image, "document")]
    for row in _shown(session):
        tiles.append((seen.crops[row], f"{seen.seconds[row]:.1f} s, {person.similarity[row]:.2f}"))
    for number, (image, label) in enumerate(tiles):
        left = LEFT + number * (side + 0.06) / WIDTH + (0.06 / WIDTH if number else 0)
        axes = figure.add_axes((left, (top - side) / height, side / WIDTH, side / height))
        axes.imshow(image, interpolation="lanczos")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        axes.set_xlabel(label, size=6.5, color=INK if number == 0 else FAINT, labelpad=2)


def _shown(session: Session) -> list[int]:
    """Rows of the faces that are shown: the person's from first to last, and the one likest to be wrong."""
    found = session.found
    rows = found.person.rows
    places = np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).round().astype(int)
    probability = found.probability
    known = not np.isnan(probability).any()
    worst = int(np.argmax(probability)) if known else int(np.argmin(found.person.similarity[rows]))
    if worst not in places:
        places[int(np.abs(places - worst).argmin())] = worst
    return [int(row) for row in rows[np.unique(places)]]


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where runs of True begin, and end before."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
