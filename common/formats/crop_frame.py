"""Crop templates: where a photograph, and the landmarks of its face, come to lie in a crop."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from common.formats.shards import ShardHeader
from common.runtime.errors import UserError


class Template(StrEnum):
    """How a crop is taken, and how much of the head it shows."""

    ARCFACE = "arcface"  # landmarks brought to ArcFace's points
    LOOSE = "loose"  # the same with a margin
    BOX = "box"  # the square around the detector's box: one resize, nothing rotated


ARCFACE_SIZE = 112  # pixels, of the crops that encoders are published for
BOX_MARGIN = 0.2  # of the box template where none is told, as published classifiers of forgeries have it
MAX_TILT = 60.0  # degrees by which a head may be tilted; beyond, its photograph lies on its side

# where ArcFace puts the eyes, the nose and the mouth corners in a 112x112 crop (x, y in pixels)
ARCFACE_POINTS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float64,
)


@dataclass(frozen=True)
class CropFrame:
    """How a face comes to lie in a square crop."""

    size: int  # pixels, both sides
    points: NDArray[np.float64]  # (5, 2) x, y in pixels: where landmarks are brought; NaN in the box template
    box_margin: float | None = None  # of the box template, None in others


@dataclass(frozen=True)
class BoxSquare:
    """The square of whole pixels that a crop of the box template is resized from.

    It may reach out of the photograph.
    """

    left: int
    top: int
    side: int
    quarters: int  # turns anticlockwise, as `numpy.rot90` counts them, until the face stands upright


def crop_frame(
    size: int = ARCFACE_SIZE, template: Template = Template.ARCFACE, margin: float = 0.0
) -> CropFrame:
    """The frame of a template at a size.

    `ARCFACE` is the frame of insightface's `norm_crop`, which at sizes that divide by 128 and not by 112 adds
    a seventh of width around the ArcFace frame. `LOOSE` is the ArcFace frame with `margin` of its own side
    added on each of the four. `BOX` is the square on the longer side of the face's box, with `margin` of it
    added on each of the four.
    """
    if template is Template.BOX:
        return CropFrame(size, np.full((5, 2), np.nan), margin)
    if template is Template.ARCFACE and size % 112 and size % 128 == 0:
        return CropFrame(size, (ARCFACE_POINTS + np.array([8, 0])) * (size / 128))
    middle = size / 2
    return CropFrame(size, (ARCFACE_POINTS * (size / ARCFACE_SIZE) - middle) / (1 + 2 * margin) + middle)


def shard_frame(header: ShardHeader) -> CropFrame:
    """The frame that the crops of a shard were taken in. Raises UserError for an unknown template."""
    try:
        return crop_frame(header.size, Template(header.template), header.margin)
    except ValueError as error:
        raise UserError(f"these crops have the template '{header.template}', which is not known") from error


def similarity_transform(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rotation, scale and shift that bring points closest to others in the least squares sense.

    Args:
        source, target: (N, 2) points, N >= 2, not all source points equal.

    Returns (2, 3), to be applied to column vectors (x, y, 1): what Umeyama, "Least-squares estimation of
    transformation parameters between two point patterns", TPAMI 1991, gives in the plane, where points are
    complex numbers and the problem is linear. Raises ValueError for a degenerate source.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    (x, y), (u, v) = (source - source_mean).T, (target - target_mean).T
    spread = x @ x + y @ y
    if not np.isfinite(spread) or spread < 1e-12 * len(source):
        raise ValueError("the points coincide")
    cosine, sine = (x @ u + y @ v) / spread, (x @ v - y @ u) / spread
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.hstack([linear, (target_mean - linear @ source_mean)[:, None]])


def box_square(landmarks: NDArray[np.floating], box: NDArray[np.floating], margin: float) -> BoxSquare:
    """The square of the box template, in pixels of the photograph.

    Args:
        landmarks: (5, 2), which tell whether the photograph lies on its side.
        box: (4,) x1, y1, x2, y2 of the face.
        margin: on each side, in parts of the longer side of the box.

    Raises ValueError for a box without extent, or of what are no numbers.
    """
    corners = np.asarray(box, dtype=np.float64).reshape(2, 2)
    longer = float((corners[1] - corners[0]).max())
    if not (np.isfinite(corners).all() and longer > 0):
        raise ValueError("the box has no extent")
    side = max(1, round(longer * (1 + 2 * margin)))
    # a pixel is a square around its place, and the first half of it lies before
    left, top = (round(middle + 0.5 - side / 2) for middle in corners.mean(axis=0).tolist())
    return BoxSquare(left, top, side, _quarters(landmarks))


def crop_matrix(
    landmarks: NDArray[np.floating], box: NDArray[np.floating], frame: CropFrame
) -> NDArray[np.float64]:
    """The way from pixels of a photograph to those of a crop, (2, 3), for column vectors (x, y, 1).

    Args:
        landmarks, box: of the face, (5, 2) and (4,) in pixels of the photograph.

    Raises ValueError where the crop cannot be taken: of landmarks that coincide, or in the box template of a
    box without extent.
    """
    if frame.box_margin is None:
        return similarity_transform(np.asarray(landmarks, dtype=np.float64), frame.points)
    square = box_square(landmarks, box, frame.box_margin)
    scale = frame.size / square.side
    matrix = np.array(
        [
            [scale, 0, (0.5 - square.left) * scale - 0.5],
            [0, scale, (0.5 - square.top) * scale - 0.5],
            [0, 0, 1],
        ]
    )
    quarter = np.array([[0, 1, 0], [-1, 0, frame.size - 1], [0, 0, 1]])
    upright: NDArray[np.float64] = np.linalg.matrix_power(quarter, square.quarters)[:2] @ matrix
    return upright


def _quarters(landmarks: NDArray[np.floating]) -> int:
    """Turns by 90 degrees anticlockwise until a face stands upright; 0 where it does, or cannot be told."""
    try:
        (cosine, _, _), (sine, _, _) = similarity_transform(
            np.asarray(landmarks, dtype=np.float64), ARCFACE_POINTS
        )
    except ValueError:
        return 0
    tilt = -math.degrees(math.atan2(sine, cosine))
    return 0 if abs(tilt) <= MAX_TILT else round(tilt / 90) % 4


def landmarks_in_crop(
    landmarks: NDArray[np.floating], box: NDArray[np.floating], frame: CropFrame
) -> NDArray[np.float64]:
    """Where five landmarks of a photograph, (5, 2), lie in the crop that was taken of its face, (5, 2).

    NaN where they coincide or are not finite, or the box (4,) is none: no crop was taken by them.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if not np.isfinite(points).all():
        return np.full((5, 2), np.nan)
    try:
        matrix = crop_matrix(points, box, frame)
    except ValueError:
        return np.full((5, 2), np.nan)
    return points @ matrix[:, :2].T + matrix[:, 2]
