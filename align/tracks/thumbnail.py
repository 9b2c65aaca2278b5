"""Small pictures of large ones, cheap enough for every frame of a video."""

import cv2
import numpy as np
from numpy.typing import NDArray

DENSITY = 4  # pixels of the large picture, along both sides, that a pixel is the mean of


def thumbnail(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """An (H, W, 3) image as (side, side, 3): each pixel a mean of some of those in its place, not of all."""
    down, across = (max(1, length // (DENSITY * side)) for length in image.shape[:2])
    some = np.ascontiguousarray(image[::down, ::across])
    return np.asarray(cv2.resize(some, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
