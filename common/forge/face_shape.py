"""The outline of a face and its parts, from five landmarks.

A mean face is drawn in the coordinates of the ArcFace crop of 112 pixels; the landmarks of a face warp it
into its crop.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.forge.face import Face
from common.formats.crop_frame import ARCFACE_POINTS

Points = NDArray[np.float64]  # (N, 2) x, y in pixels

MIDDLE = float(ARCFACE_POINTS[:2, 0].mean())  # the mean face is symmetric about this column

REACH = 24.0  # pixels of the ArcFace crop within which a landmark pulls

# the half left of the middle, in the image; from the temple down to the chin
_JAW = [(17, 50), (17.5, 60), (19, 70), (21.5, 80), (25, 89), (30, 98), (37, 106), (46, 112)]
_CHIN = (MIDDLE, 115)
_BROW = [(24, 43), (29, 37.5), (36, 35), (44, 36), (51, 39.5)]
_FOREHEAD = [(20, 36), (25, 26), (34, 19), (45, 15)]
_FOREHEAD_TOP = (MIDDLE, 14)
_NOSE = [(51, 52), (46.5, 74), (50, 79)]
_NOSE_TOP, _NOSE_BASE = (MIDDLE, 48), (MIDDLE, 80)
_EYE = [(28, 52.5), (33, 47.5), (38.5, 46.5), (44, 48.5), (47.5, 53), (43, 56), (38, 56.8), (32.5, 55.6)]
_LIPS_TOP = [(40, 92), (46, 89), (52, 87)]
_LIPS_BASE = [(47, 98), (52, 100.5)]
_LIPS_MIDDLE = ((MIDDLE, 88), (MIDDLE, 101))


def _mirrored(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(2 * MIDDLE - x, y) for x, y in reversed(points)]


_OUTLINE = [*_JAW, _CHIN, *_mirrored(_JAW)]
_MEAN: dict[str, Points] = {
    name: np.array(points, np.float64)
    for name, points in {
        "jaw": _OUTLINE,
        "forehead": [*_FOREHEAD, _FOREHEAD_TOP, *_mirrored(_FOREHEAD)],
        "brows": [*_BROW, *_mirrored(_BROW)],
        "nose": [_NOSE_TOP, *_NOSE, _NOSE_BASE, *_mirrored(_NOSE)],
        "left_eye": _EYE,
        "right_eye": _mirrored(_EYE),
        "mouth": [
            *_LIPS_TOP,
            _LIPS_MIDDLE[0],
            *_mirrored(_LIPS_TOP),
            *_mirrored(_LIPS_BASE),
            _LIPS_MIDDLE[1],
            *_LIPS_BASE[::-1],
        ],
    }.items()
}


@dataclass(frozen=True)
class FaceShape:
    """Outlines in pixels of a crop, (N, 2) each; left and right as they are in the image."""

    jaw: Points  # temple to temple by way of the chin
    forehead: Points
    brows: Points
    nose: Points
    left_eye: Points
    right_eye: Points
    mouth: Points


def face_shape(face: Face) -> FaceShape:
    """The mean face, brought to the landmarks of a face.

    An affine map in the least squares sense takes the five points of the template to the landmarks; what is
    left at each landmark is spread over the points near it.
    """
    return FaceShape(**{name: shares @ face.landmarks for name, shares in _SHARES.items()})


def shares_of_landmarks(points: Points) -> NDArray[np.float64]:
    """What each landmark adds to where each point of the ArcFace crop comes to lie, (N, 5)."""
    template = np.hstack([ARCFACE_POINTS, np.ones((5, 1))])
    inverse = np.linalg.pinv(template)  # (3, 5): landmarks to the affine map
    distance = ((points[:, None] - ARCFACE_POINTS) ** 2).sum(axis=2)
    weight = 1 / (distance + REACH**2 / 4)
    weight *= np.exp(-distance / (2 * REACH**2)) / weight.sum(axis=1, keepdims=True)
    affine = np.hstack([points, np.ones((len(points), 1))]) @ inverse
    effect: NDArray[np.float64] = affine + weight @ (np.eye(5) - template @ inverse)
    return effect


_SHARES = {name: shares_of_landmarks(points) for name, points in _MEAN.items()}
