"""Crop templates: where the landmarks of a face lie in its crop, where `align` puts them."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from common.formats.shards import ShardHeader
from common.runtime.errors import UserError


class Template(StrEnum):
    """How much of the head a crop shows."""

    ARCFACE = "arcface"
    LOOSE = "loose"


ARCFACE_SIZE = 112  # pixels, of the crops that encoders are published for

# where ArcFace puts the eyes, the nose and the mouth corners in a 112x112 crop (x, y in pixels)
ARCFACE_POINTS = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float64,
)


@dataclass(frozen=True)
class CropFrame:
    """Where the landmarks come to lie in a square crop."""

    size: int  # pixels, both sides
    points: NDArray[np.float64]  # (5, 2) x, y in pixels of the crop


def crop_frame(
    size: int = ARCFACE_SIZE, template: Template = Template.ARCFACE, margin: float = 0.0
) -> CropFrame:
    """The frame of a template at a size.

    `ARCFACE` is the frame of insightface's `norm_crop`, which at sizes that divide by 128 and not by 112 adds
    a seventh of width around the ArcFace frame. `LOOSE` is the ArcFace frame with `margin` of its own side
    added on each of the four.
    """
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


def landmarks_in_crop(landmarks: NDArray[np.floating], frame: CropFrame) -> NDArray[np.float64]:
    """Where five landmarks of a photograph, (5, 2), lie in the crop that was taken by them, (5, 2) in pixels.

    NaN where they coincide or are not finite: such a crop was not taken by landmarks.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if not np.isfinite(points).all():
        return np.full((5, 2), np.nan)
    try:
        matrix = similarity_transform(points, frame.points)
    except ValueError:
        return np.full((5, 2), np.nan)
    return points @ matrix[:, :2].T + matrix[:, 2]
