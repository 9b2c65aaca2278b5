"""From a photograph and five landmarks to the crop that face encoders are trained on."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from align.options import Template

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


def crop_face(
    image: NDArray[np.uint8], landmarks: NDArray[np.floating], frame: CropFrame | None = None
) -> NDArray[np.uint8]:
    """The face upright in a frame, black where the photograph ends.

    Args:
        image: (H, W, 3) uint8 RGB.
        landmarks: (5, 2) x, y in pixels of `image`.
        frame: by default ArcFace's of 112 pixels.

    Returns (size, size, 3) uint8 RGB, in the ArcFace template equal to insightface's `norm_crop`. Raises
    ValueError where the landmarks coincide.
    """
    frame = frame or crop_frame()
    matrix = similarity_transform(np.asarray(landmarks, dtype=np.float64), frame.points)
    return cv2.warpAffine(image, matrix, (frame.size, frame.size), borderValue=0.0)  # type: ignore[return-value]


def crop_resolution(landmarks: NDArray[np.floating], frame: CropFrame) -> float:
    """How many pixels of the photograph fall on a side of a pixel of the crop. Raises as `crop_face`."""
    matrix = similarity_transform(np.asarray(landmarks, dtype=np.float64), frame.points)
    return float(1 / max(np.hypot(matrix[0, 0], matrix[1, 0]), 1e-12))


def centre_square(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The largest square in the middle of an (H, W, 3) image, resized to (size, size, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]
    if side == size:
        return np.ascontiguousarray(square)
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=method)  # type: ignore[return-value]
