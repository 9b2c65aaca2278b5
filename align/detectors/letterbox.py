"""Images made to fit the inputs of networks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from align.detectors.retinaface import shrink


def fit(image: NDArray[np.uint8], side: int, height: int | None, width: int | None) -> NDArray[np.uint8]:
    """The image itself, or a smaller copy of the same shape that is no longer than `side` pixels and no
    higher and wider than what is given."""
    longer = max(image.shape[:2])
    factor = min(
        side / longer,
        (height or longer) / image.shape[0],
        (width or longer) / image.shape[1],
    )
    # the nudge keeps an exact fit from falling a pixel short
    return image if factor >= 1 else shrink(image, max(1, int(longer * factor + 1e-6)))


def pad(image: NDArray[Any], height: int | None, width: int | None) -> NDArray[Any]:
    """An (h, w, C) image with zeros below and to the right, up to the size given."""
    rows, columns = (height or image.shape[0]) - image.shape[0], (width or image.shape[1]) - image.shape[1]
    return np.pad(image, ((0, rows), (0, columns), (0, 0))) if rows or columns else image
