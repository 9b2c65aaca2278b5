"""Putting one picture into another."""

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.face import Floats, Image

LEAST_POISSON_AREA = 64  # pixels; OpenCV fails on less


def to_image(picture: Floats) -> Image:
    """Rounded and kept within 0..255."""
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def alpha_blended(above: Floats, below: Floats, mask: Floats) -> Floats:
    """`above` where the mask (size, size) is 1, `below` where it is 0; all pictures (size, size, 3)."""
    result = above - below
    result *= cv2.merge([mask, mask, mask])  # far quicker than broadcasting over the last axis
    result += below
    return result


def poisson_blended(above: Floats, below: Floats, mask: Floats) -> Floats:
    """The gradients of `above` within the mask, the values of `below` at its edge and outside.

    Pérez, Gangnet and Blake, "Poisson Image Editing", SIGGRAPH 2003. Inside, the result is smoothed into
    `below` by the mask. A mask of too few pixels gives the alpha blend.
    """
    solid = (mask > 0.5).astype(np.uint8)
    solid[[0, 1, -2, -1]] = solid[:, [0, 1, -2, -1]] = 0  # OpenCV wants room around it
    if int(solid.sum()) < LEAST_POISSON_AREA:
        return alpha_blended(above, below, mask)
    left, top, width, height = cv2.boundingRect(solid)
    middle = (left + width // 2, top + height // 2)  # puts the cut exactly where it was
    cloned = cv2.seamlessClone(to_image(above), to_image(below), solid * 255, middle, cv2.NORMAL_CLONE)
    return alpha_blended(cloned.astype(np.float32), below, mask)


def padding(image: Image) -> NDArray[np.bool_] | None:
    """Where a crop (size, size, 3) reaches beyond its photograph: black areas at its border, (size, size).

    None where there is no such area. Narrow ones, of less than five pixels, are not counted.
    """
    black = cv2.inRange(image, (0, 0, 0), (0, 0, 0))
    if not (black[[0, -1]].any() or black[:, [0, -1]].any()):
        return None
    wide = cv2.morphologyEx(black, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, areas = cv2.connectedComponents(wide)
    border = np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]])
    outside = np.zeros(int(areas.max()) + 1, bool)
    outside[border] = True
    outside[0] = False
    return outside[areas] if outside.any() else None
