"""Clips on the page: P(synthetic) over seconds as a drawing, and frames of the worst second beneath."""

from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup

from infer.classification.faces import ClassifiedFaces, probabilities
from infer.classification.shown import ShownFaces
from infer.classification.source import UNLABELLED
from infer.classification.timeline import MOST_CLIPS, draw_scores, draw_threshold
from infer.classification.verdict import FACE_VERDICTS
from infer.report.gallery import as_data_uri
from infer.report.svg import as_svg, new_figure

WIDTH, HEIGHT = 640, 210
PLOT = (34 / WIDTH, 46 / HEIGHT, 470 / WIDTH, 150 / HEIGHT)  # left, bottom, width, height


@dataclass(frozen=True)
class ClipFrame:
    """A frame of the worst second, or near it."""

    seconds: float
    probability: float
    picture: str = field(repr=False)  # a data URI


@dataclass(frozen=True)
class ClipCard:
    """A clip to look at.

    Attributes:
        name: of the video.
        verdict, reason: in words.
        truth: `synthetic`, `bona fide`, or empty where it is not known.
        plot: the drawing.
        frames: of the track that decides, in order of time.
    """

    name: str
    verdict: str
    reason: str
    truth: str
    plot: Markup = field(repr=False)
    frames: list[ClipFrame] = field(repr=False)


def clip_cards(faces: ClassifiedFaces, shown: ShownFaces) -> list[ClipCard]:
    """The hardest clips whose crops the results hold, at most `MOST_CLIPS`, the hardest first."""
    rows = [row for row in shown.rows.tolist() if row in faces.clips and faces.clips[row].crops is not None]
    reasons = faces.reasons() if rows else []
    return [_card(faces, row, reasons[row], place) for place, row in enumerate(rows[:MOST_CLIPS])]


def _card(faces: ClassifiedFaces, row: int, reason: str, place: int) -> ClipCard:
    clip, label = faces.clips[row], int(faces.label[row])
    figure = new_figure(WIDTH, HEIGHT)
    axes = figure.add_axes(PLOT)
    draw_scores(axes, clip)
    draw_threshold(axes, faces.point)
    axes.set_ylabel("")  # its title says it, and there is no room
    track = clip.track
    told = (
        f"P(synthetic) of {len(clip.tracks)} faces from {track.seconds[0]:.1f} to {track.seconds[-1]:.1f} s; "
        f"of the one that decides {faces.probability[row]:.3f}. The threshold is {faces.point.threshold:.3f}."
    )
    crops = clip.crops
    assert crops is not None
    scores = probabilities(track.logits[crops.places]).tolist()
    return ClipCard(
        faces.path[row],
        FACE_VERDICTS[faces.verdict_codes[row]].value.replace("_", " "),
        reason,
        "" if label == UNLABELLED else "synthetic" if label else "bona fide",
        as_svg(figure, f"clip-plot-{place}", "P(synthetic) over seconds", told, {}),
        [
            ClipFrame(float(seconds), score, as_data_uri(np.ascontiguousarray(crop)))
            for seconds, score, crop in zip(track.seconds[crops.places], scores, crops.strip, strict=True)
        ],
    )
