"""Crops brought to the size that a network takes."""

import cv2
import numpy as np
from numpy.typing import NDArray


def fit_crop(crop: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A square crop (s, s, 3) as (size, size, 3): averaged where it gets smaller, else linear between pixels.

    The crop itself where it has that size. Training and use go through here, so that a network sees the same
    pixels in both.
    """
    side = crop.shape[0]
    if side == size:
        return crop
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(crop, (size, size), interpolation=method)  # type: ignore[return-value]
