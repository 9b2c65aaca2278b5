"""Readers of videos whose decoder does what it should not; processes can be given them."""

import os
import signal
from collections.abc import Iterator

from align.media.video import Frame, VideoFrames


class HangingFrames(VideoFrames):
    """One frame, and then a decoder without an end."""

    def __iter__(self) -> Iterator[Frame]:
        yield next(super().__iter__())
        while True:
            pass


class CrashingFrames(VideoFrames):
    """One frame, and then a fault of memory."""

    def __iter__(self) -> Iterator[Frame]:
        yield next(super().__iter__())
        os.kill(os.getpid(), signal.SIGSEGV)
