"""Which frames of a video are looked at: a number evenly spaced, one every so many seconds, or all."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from common.runtime.errors import ParameterError

Picker = Callable[[int, float], bool]  # position among the frames and seconds, in order: whether it is taken
SAME_TIME = 1e-6  # seconds: fractions of a second do not add up to multiples


@dataclass(frozen=True)
class Evenly:
    """So many frames, evenly spaced from the first to the last; all of them where there are fewer.

    They are those of DeepfakeBench. Where one of them cannot be decoded, the next one stands for it. Raises
    ParameterError for fewer than one.
    """

    frames: int = 32

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise ParameterError(f"{{frames}} must be 1 or more, not {self.frames}")

    def picker(self, count: int) -> Picker:
        """What picks them from `count` frames."""
        left = np.unique(np.linspace(0, max(0, count - 1), self.frames, dtype=int))[::-1].tolist()

        def takes(position: int, seconds: float) -> bool:
            taken = bool(left) and position >= left[-1]
            while left and position >= left[-1]:
                left.pop()
            return taken

        return takes


@dataclass(frozen=True)
class EverySeconds:
    """The first frame at or after each multiple of so many seconds, by when frames are shown.

    After a longer gap one frame stands for all multiples within. Raises ParameterError for a time that is not
    above 0.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not (self.seconds > 0 and math.isfinite(self.seconds)):
            raise ParameterError(f"{{every}} must be above 0 seconds, not {self.seconds}")

    def picker(self, count: int) -> Picker:
        """What picks them; how many frames there are does not matter."""
        following = 0

        def takes(position: int, seconds: float) -> bool:
            nonlocal following
            taken = seconds + SAME_TIME >= following * self.seconds
            if taken:
                following = math.floor((seconds + SAME_TIME) / self.seconds) + 1
            return taken

        return takes


@dataclass(frozen=True)
class AllFrames:
    """Every frame."""

    def picker(self, count: int) -> Picker:
        """What picks them."""
        return lambda position, seconds: True


FrameChoice = Evenly | EverySeconds | AllFrames
