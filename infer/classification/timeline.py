"""Timelines of classified clips: P(synthetic) over seconds, and frames of the worst second beneath."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from common.models.classifier_checkpoint import OperatingPoint
from common.runtime.atomic import write_atomically
from infer.classification.faces import ClassifiedFaces, probabilities
from infer.classification.scored_clip import STRIP, ScoredClip
from infer.classification.shown import hardest_faces
from infer.classification.source import UNLABELLED
from infer.classification.verdict import FACE_VERDICTS
from infer.output.palette import LIGHT

MOST_CLIPS = 8
MOST_TRACKS = 5  # of a clip that are drawn, the most synthetic ones
WIDTH, HEIGHT, TITLE = 9.0, 3.1, 0.6  # inches, of a clip and of all
BELOW = "P(synthetic) over seconds; below, the worst second and what is around it"
DECIDES, OTHERS = LIGHT["second"], (LIGHT["first"], LIGHT["same_person"], LIGHT["soft"], LIGHT["ink"])


def draw_timelines(path: Path, faces: ClassifiedFaces) -> None:
    """Write a PNG of the hardest clips, at most 8: without labels the most synthetic ones.

    Raises OSError when it cannot be written.
    """
    rows = [row for row in hardest_faces(faces, len(faces)).tolist() if row in faces.clips]
    rows = [row for row in rows if faces.clips[row].crops is not None][:MOST_CLIPS]
    figure = Figure(figsize=(WIDTH, HEIGHT * max(1, len(rows)) + TITLE), layout="constrained")
    grid = figure.add_gridspec(max(1, len(rows)), 1)
    for place, row in enumerate(rows):
        _draw(figure, grid[place], faces, row)
    figure.suptitle(_title(faces, len(rows)), fontsize=10, fontweight="bold", color=LIGHT["ink"])
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=110))


def _title(faces: ClassifiedFaces, count: int) -> str:
    if not count:
        return "no clip has a face"
    if len(faces.clips) == 1:
        return BELOW
    order = "the most certain mistakes first" if faces.has_labels else "the most synthetic first"
    return f"{count} of {len(faces.clips):,} clips, {order}\n{BELOW}"


def _draw(figure: Figure, place: SubplotSpec, faces: ClassifiedFaces, row: int) -> None:
    clip = faces.clips[row]
    grid = place.subgridspec(2, STRIP, height_ratios=(2, 1))
    axes = figure.add_subplot(grid[0, :])
    draw_scores(axes, clip)
    draw_threshold(axes, faces.point)
    verdict = FACE_VERDICTS[faces.verdict_codes[row]].value.replace("_", " ")
    label = int(faces.label[row])
    truth = "" if label == UNLABELLED else f" (is {'synthetic' if label else 'bona fide'})"
    name = faces.path[row] if len(faces.path[row]) <= 60 else f"…{faces.path[row][-59:]}"
    printed = name.encode("utf-8", "backslashreplace").decode().replace("$", r"\$")
    axes.set_title(f"{printed}: {verdict}{truth}", fontsize=9, loc="left", color=LIGHT["ink"])
    _draw_strip(figure, [figure.add_subplot(grid[1, column]) for column in range(STRIP)], clip)


def draw_threshold(axes: Axes, point: OperatingPoint) -> None:
    """Draw a threshold as a dashed line, and its band without a verdict as a strip."""
    low, high = point.undecided
    if low < high:
        axes.axhspan(low, high, color=LIGHT["shade"], zorder=0)
    axes.axhline(point.threshold, color=LIGHT["soft"], linestyle="--", linewidth=1)


def draw_scores(axes: Axes, clip: ScoredClip) -> None:
    """Draw P(synthetic) of the most synthetic tracks of a clip, the deciding one's worst second shaded."""
    ranked = sorted(clip.tracks, key=lambda track: -track.logit)
    for rank, track in enumerate(ranked[:MOST_TRACKS]):
        decides = track is clip.track
        label = f"face {track.number}: {probabilities(np.array([track.logit]))[0]:.2f}"
        axes.plot(
            track.seconds,
            probabilities(track.logits),
            color=DECIDES if decides else OTHERS[(rank - 1) % len(OTHERS)],
            linewidth=1.6 if decides else 1,
            marker="o",
            markersize=3 if len(track) <= 100 else 0.5,
            label=label,
            zorder=3 if decides else 2,
        )
    if (more := len(ranked) - MOST_TRACKS) > 0:
        axes.plot([], [], linewidth=0, label=f"and {more} below")
    second = clip.track.seconds[clip.track.worst_second()]
    edge = 0.004 * float(np.ptp(np.concatenate([track.seconds for track in clip.tracks])) or 1)
    axes.axvspan(second[0] - edge, second[-1] + edge, color=DECIDES, alpha=0.25, linewidth=0, zorder=1)
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("P(synthetic)", fontsize=8, color=LIGHT["soft"])
    axes.set_xlabel("seconds", fontsize=8, color=LIGHT["soft"])
    axes.tick_params(labelsize=7, labelcolor=LIGHT["soft"], color=LIGHT["rule"])
    axes.spines[:].set_color(LIGHT["rule"])
    axes.grid(color=LIGHT["grid"], linewidth=0.6)
    axes.legend(
        fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, labelcolor=LIGHT["ink"]
    )


def _draw_strip(figure: Figure, cells: list[Axes], clip: ScoredClip) -> None:
    for axes in cells:
        axes.axis("off")
    if clip.crops is None:
        return
    scores = probabilities(clip.track.logits[clip.crops.places])
    for axes, crop, place, score in zip(
        cells, clip.crops.strip, clip.crops.places, scores.tolist(), strict=False
    ):
        axes.imshow(crop)
        axes.set_title(
            f"{clip.track.seconds[place]:.2f} s: {score:.2f}", fontsize=7, color=LIGHT["soft"], pad=2
        )
