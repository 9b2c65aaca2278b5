"""Chance by counting: every number is a hash of a sample's seed and of what it is for.

SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) gives a
whole batch its numbers at once, and none of them depends on other samples or on what was drawn before.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

INCREMENT = np.uint64(0x9E3779B97F4A7C15)

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Draw(IntEnum):
    """What a number is for. A new one goes to the end: the others, and so all old runs, stay as they are."""

    MIRROR = 0
    DOWN = 1
    RIGHT = 2
    SCALE = 3
    CONTRAST = 4
    BRIGHTNESS = 5
    RED = 6
    GREEN = 7
    BLUE = 8
    SATURATION = 9
    GREY = 10
    BLUR = 11
    BLUR_SIGMA = 12
    DOWNSCALE = 13
    DOWNSCALE_TO = 14
    JPEG = 15
    JPEG_QUALITY = 16
    OCCLUSION = 17
    OCCLUSION_AREA = 18
    OCCLUSION_SHAPE = 19
    OCCLUSION_TOP = 20
    OCCLUSION_LEFT = 21
    OCCLUSION_FILL = 22


NOISE_START = 1 << 32  # counters of `Draws.noise`, far above those of `Draw`


class Draws:
    """The numbers of N samples.

    Args:
        seeds: (N,) uint64, or int64 with the same bits.
    """

    def __init__(self, seeds: NDArray[np.uint64] | NDArray[np.int64]) -> None:
        self._starts = _mix(seeds.astype(np.uint64))
        counters = np.arange(1, len(Draw) + 1, dtype=np.uint64)
        words = _mix(self._starts[:, None] + counters * INCREMENT)
        self._uniform = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def uniform(self, draw: Draw, low: float = 0, high: float = 1) -> Floats:
        """(N,) evenly spread over low ≤ x < high."""
        return low + (high - low) * self._uniform[:, draw]

    def change(self, draw: Draw, largest: float) -> Floats:
        """(N,) factors, evenly spread over 1 - largest ≤ x < 1 + largest."""
        return self.uniform(draw, 1 - largest, 1 + largest)

    def integer(self, draw: Draw, low: int | Integers, high: int | Integers) -> Integers:
        """(N,) int64, low ≤ x ≤ high, each equally likely."""
        return low + np.floor((np.asarray(high) - low + 1) * self._uniform[:, draw]).astype(np.int64)

    def happens(self, draw: Draw, probability: float) -> NDArray[np.bool_]:
        """(N,) bool, true with this probability."""
        return self._uniform[:, draw] < probability

    def noise(self, sample: int, count: int) -> NDArray[np.uint8]:
        """(count,) values 0..255 of one sample, each equally likely."""
        counters = np.arange(NOISE_START, NOISE_START + (count + 7) // 8, dtype=np.uint64)
        words = _mix(self._starts[sample] + counters * INCREMENT)
        return words.astype("<u8").view(np.uint8)[:count]  # the same bytes whatever the machine's byte order


def _mix(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
