"""Conversion of images with other than 8 bits a value to 8 bits, by the value that is white.

TIFF does not say what its values mean: floats may go to 1, to 255 or to 65535, and 16 bits may hold values of
8, 10, 12 or 14. The largest value decides: white is the least of the usual full scales that holds it, with
some tolerance, because resampling overshoots.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[Any]  # whole numbers or floats

OVERSHOOT = 9 / 8  # of a full scale by the largest value
UNDERSHOOT = 1 / 8  # of the largest value below zero; further down, values are signed
FULL_SCALES = (255, 1023, 4095, 16_383, 65_535, 2**24 - 1, 2**31 - 1, 2**32 - 1)  # of 8, 10, 12 … bits
UNIT = 1  # of floats
# the largest of floats whose white is 1: some are brighter, as in linear or HDR images, and some of zero mean
# and unit deviation; no picture in values of 8 bits is as dark
BRIGHTEST = 16
SIGNED_SCALES = (255, 65_535, 2**32 - 1)  # from the least value to the largest


@dataclass(frozen=True)
class ValueRange:
    """Which values of an image are black and white; what lies outside is cut off."""

    black: float
    white: float

    @classmethod
    def of(cls, least: float, largest: float, floats: bool) -> "ValueRange":
        """The range of an image by its least and its largest finite value."""
        if least < -UNDERSHOOT * max(largest, 0) - UNDERSHOOT:
            half = max(-least, largest)
            if floats and (2 + 1) / 2 * OVERSHOOT < half <= BRIGHTEST:
                return cls(-half, half)
            signed = (2, *SIGNED_SCALES) if floats else SIGNED_SCALES
            full = next((one for one in signed if half <= (one + 1) / 2 * OVERSHOOT), 2 * half)
            low = -1.0 if full == 2 else -float((full + 1) // 2)
            return cls(low, low + full)
        if floats and largest <= BRIGHTEST:
            return cls(0.0, float(UNIT))
        return cls(0.0, float(next((one for one in FULL_SCALES if largest <= one * OVERSHOOT), largest)))

    def to_8_bits(self, values: Values) -> NDArray[np.uint8]:
        """Values of any shape as 0 to 255; NaN is black. Steps of 16 bits become v // 257."""
        if values.dtype.kind in "ui" and values.dtype.itemsize <= 4:
            black, full = round(self.black), round(self.white - self.black)
            shifted = (values.astype(np.int64) - black).clip(0, full)
            return (shifted * 255 // full).astype(np.uint8)
        parts = (values.astype(np.float64) - self.black) / (self.white - self.black)
        shifted = np.nan_to_num(parts, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1) * 255
        # floats of 8 bits are cut to whole numbers, others rounded: x / 255 * 255 may fall a little short
        return np.floor(shifted if self.white == 255 else shifted + 0.5).astype(np.uint8)


def finite_range(values: Values) -> tuple[float, float]:
    """The least and the largest value that are finite; 0 and 0 where none is."""
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
