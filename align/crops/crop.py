"""The pixels of a crop, from a photograph and where its face lies."""

import cv2
import numpy as np
from numpy.typing import NDArray

from align.detectors.resizing import shrink
from common.formats.crop_frame import BoxSquare, CropFrame, crop_frame, similarity_transform

RIM = 1 / 16  # of a crop's side
WIDEST = 8192  # pixels, of a square that is put together with the black around the photograph


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


def crop_box(image: NDArray[np.uint8], square: BoxSquare, size: int) -> NDArray[np.uint8]:
    """A square of a photograph, resized once and turned upright, black where the photograph ends.

    Args:
        image: (H, W, 3) uint8 RGB; the square is in its pixels.

    Returns (size, size, 3) uint8 RGB. A square of more than `WIDEST` pixels, which the black around a huge
    photograph makes, is reduced to that before.
    """
    left, top, side = square.left, square.top, square.side
    if side > WIDEST:
        whole = max(image.shape[:2])
        image = shrink(image, max(1, round(whole * WIDEST / side)))
        factor = max(image.shape[:2]) / whole
        left, top, side = round(left * factor), round(top * factor), max(1, round(side * factor))
    rows, columns = slice(max(0, top), max(0, top + side)), slice(max(0, left), max(0, left + side))
    cut = image[rows, columns]
    if cut.shape[:2] != (side, side):
        cut, there = np.zeros((side, side, 3), np.uint8), cut
        cut[max(0, -top) :, max(0, -left) :][: there.shape[0], : there.shape[1]] = there
    return np.ascontiguousarray(np.rot90(_resized(cut, size), square.quarters))


def crop_resolution(matrix: NDArray[np.float64]) -> float:
    """The pixels of the photograph that one pixel of the crop is wide, by the way between them (2, 3)."""
    return float(1 / max(np.hypot(matrix[0, 0], matrix[1, 0]), 1e-12))


def inner_corners(matrix: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The corners of a crop less its rim of a sixteenth, (4, 2) x, y in pixels of the photograph.

    A face is whole where these are: the rim shows what is beside it. `matrix` (2, 3) leads from the
    photograph to the crop, whose sides are `size` pixels.
    """
    low, high = size * RIM, size * (1 - RIM)
    corners = np.array([[low, low], [high, low], [low, high], [high, high]])
    return (corners - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T


def centre_square(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The largest square in the middle of an (H, W, 3) image, resized to (size, size, 3)."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return _resized(image[top : top + side, left : left + side], size)


def _resized(square: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    side = square.shape[0]
    if side == size:
        return np.ascontiguousarray(square)
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=method)  # type: ignore[return-value]
