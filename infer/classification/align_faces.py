"""Crops of faces in every way that a model of an ensemble takes, a function for worker processes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace, Rejection, aligner_of_process
from align.crops.options import AlignOptions
from align.crops.reasons import LOST_FACE
from align.media.source import ImageSource

Views = tuple[NDArray[np.uint8], ...]  # of one face, (size, size, 3) RGB, one for each way of cutting


NO_LANDMARKS = np.full((5, 2), np.nan, np.float32)


class CutFace(NamedTuple):
    """A face of an image, cut out."""

    views: Views
    score: float  # of the detector; NaN where none was asked
    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2 in pixels of the image
    others: int = 0  # faces of the image that are not cut, at the least
    landmarks: NDArray[np.float32] = NO_LANDMARKS  # (5, 2) x, y in pixels of the image


def align_faces(
    sources: Sequence[ImageSource], ways: Sequence[AlignOptions]
) -> list[list[CutFace] | Rejection]:
    """The faces of each photograph, by prominence, each cut in every one of the ways.

    The ways differ in the crop alone, not in how faces are looked for. A face that one of them cannot cut,
    because its crop reaches into what a damaged file lacks, is left out.
    """
    found = [list(aligner_of_process(way).align_all(sources)) for way in ways]
    return [_in_every_way(outcomes) for outcomes in zip(*found, strict=True)]


def _in_every_way(outcomes: Sequence[list[AlignedFace] | Rejection]) -> list[CutFace] | Rejection:
    by_box: list[dict[bytes, AlignedFace]] = []
    for outcome in outcomes:
        if isinstance(outcome, Rejection):
            return outcome
        by_box.append({face.detection.box.tobytes(): face for face in outcome})
    first = by_box[0]
    kept = [box for box in first if all(box in way for way in by_box)]
    return [
        CutFace(
            tuple(way[box].image for way in by_box),
            first[box].detection.score,
            first[box].detection.box,
            max(0, first[box].faces_found - len(kept)),
            first[box].detection.landmarks,
        )
        for box in kept
    ] or Rejection(LOST_FACE)
