"""What the tests of the embedded detector look with, and at."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from align.media.read import ImageFile

Array = NDArray[np.uint8]


class Counted:
    """A session that counts its runs."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.runs = 0

    def run(self, *words: Any) -> Any:
        self.runs += 1
        return self.session.run(*words)


def scaled(image: Array, scale: float) -> Array:
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=method), np.uint8)


def read(path: Path) -> Array:
    return ImageFile(path).decode()
