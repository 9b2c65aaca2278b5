"""The crop that face encoders are trained on, from a photograph and five landmarks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from common.formats.crop_frame import CropFrame, crop_frame, similarity_transform

RIM = 1 / 16  # of a crop's side


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
    """The pixels of the photograph that one pixel of the crop is wide. Raises as `crop_face`."""
    matrix = similarity_transform(np.asarray(landmarks, dtype=np.float64), frame.points)
    return float(1 / max(np.hypot(matrix[0, 0], matrix[1, 0]), 1e-12))


def inner_corners(landmarks: NDArray[np.floating], frame: CropFrame) -> NDArray[np.float64]:
    """The corners of a crop less its rim of a sixteenth, (4, 2) x, y in pixels of the photograph.

    A face is whole where these are: the rim shows what is beside it. Raises as `crop_face`.
    """
    matrix = similarity_transform(np.asarray(landmarks, dtype=np.float64), frame.points)
    low, high = frame.size * RIM, frame.size * (1 - RIM)
    corners = np.array([[low, low], [high, low], [low, high], [high, high]])
    return (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T


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
