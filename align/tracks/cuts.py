"""Where a clip is cut: two frames that show another scene."""

import numpy as np
from numpy.typing import NDArray

from align.tracks.thumbnail import thumbnail

THUMBNAIL = 32  # pixels, both sides
CUT = 24.0  # least mean difference of thumbnails, of 255


class ShotCounter:
    """The number of the shot that each of a clip's frames, given in order, belongs to.

    A shot ends where the whole frame changes. Frames that lie far apart differ as much within a shot; of
    them the count says nothing.
    """

    def __init__(self) -> None:
        self._shot = 0
        self._before: NDArray[np.int16] | None = None

    def shot_of(self, image: NDArray[np.uint8]) -> int:
        """The shot of the next frame, (H, W, 3)."""
        small = thumbnail(image, THUMBNAIL).astype(np.int16)
        if self._before is not None and np.abs(small - self._before).mean() > CUT:
            self._shot += 1
        self._before = small
        return self._shot
