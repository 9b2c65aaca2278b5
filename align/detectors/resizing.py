"""Images resized and padded to the input of a network, and faces brought back to the original's pixels."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection


def shrink(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The image itself, or a smaller copy whose longer side is `side` pixels."""
    height, width = image.shape[:2]
    if max(height, width) <= side:
        return image
    factor = side / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    # down to a half, the four pixels that a new one lies between are nearly all that it covers
    way = cv2.INTER_LINEAR if factor > 0.5 else cv2.INTER_AREA
    return cv2.resize(image, size, interpolation=way)  # type: ignore[return-value]


def fit(image: NDArray[np.uint8], side: int, height: int | None, width: int | None) -> NDArray[np.uint8]:
    """The image itself, or a smaller copy of the same shape, within `side`, `height` and `width` pixels."""
    longer = max(image.shape[:2])
    factor = min(side / longer, (height or longer) / image.shape[0], (width or longer) / image.shape[1])
    # the nudge keeps an exact fit from falling a pixel short
    return image if factor >= 1 else shrink(image, max(1, int(longer * factor + 1e-6)))


def pad(image: NDArray[Any], height: int | None, width: int | None) -> NDArray[Any]:
    """An (h, w, C) image with zeros below and to the right, up to the size given."""
    rows, columns = (height or image.shape[0]) - image.shape[0], (width or image.shape[1]) - image.shape[1]
    return np.pad(image, ((0, rows), (0, columns), (0, 0))) if rows or columns else image


def enlarge(face: Detection, small: tuple[int, int], large: tuple[int, int]) -> Detection:
    """A face of an image that was shrunk to (height, width) `small`, in pixels of the one of size `large`."""
    if small == large:
        return face
    factor = np.array([large[1] / small[1], large[0] / small[0]], np.float32)
    corners = _scale(face.box.reshape(2, 2), factor).reshape(4)
    return Detection(corners, _scale(face.landmarks, factor), face.score)


def _scale(points: NDArray[np.float32], factor: NDArray[np.float32]) -> NDArray[np.float32]:
    """Points (N, 2) after an image is resized; pixels are squares around their middles."""
    half = np.float32(0.5)
    return (points + half) * factor - half
