"""TIFFs that Pillow does not read, by OpenCV: colours in floats or 32 bits, doubles, signed values."""

import struct
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from align.media.silence import without_stderr
from align.media.unreadable import MAX_PIXELS, UnreadableImageError, check_size
from align.media.value_range import ValueRange, finite_range

MAX_BYTES = 3 * MAX_PIXELS  # decoded: as much as 8-bit RGB may come to
WIDTH, HEIGHT, BITS, SAMPLES, SAMPLE_FORMAT = 256, 257, 258, 277, 339
COMPRESSION, PHOTOMETRIC, ORIENTATION = 259, 262, 274
FIELDS = (WIDTH, HEIGHT, BITS, SAMPLES, SAMPLE_FORMAT, COMPRESSION, PHOTOMETRIC, ORIENTATION)
UNSIGNED, SIGNED, FLOAT = 1, 2, 3  # sample formats
COMPRESSIONS = (1, 5, 8, 32_773, 32_946)  # none, LZW, Deflate, PackBits, Deflate again
NUMBERS = {1: (1, "B"), 3: (2, "H"), 4: (4, "I")}  # types of a tag's value: bytes and letter
BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}  # of a type's value
MAX_TAGS = 500


@dataclass(frozen=True)
class TiffHead:
    """The first directory of a TIFF: the form of its values, and whether the file ends too early."""

    is_cut: bool  # the file ends before the values of its tags, or its list of them, do
    width: int  # as stored
    height: int
    bits: int  # of a value
    samples: int  # values of a pixel
    kind: int  # UNSIGNED, SIGNED or FLOAT
    compression: int
    photometric: int  # 0 where the least value is white
    orientation: int

    @property
    def is_for_opencv(self) -> bool:
        """Whether Pillow lacks this kind and OpenCV has it."""
        if self.compression not in COMPRESSIONS or self.samples not in (1, 3, 4):
            return False
        if self.bits in (8, 16) and self.kind == SIGNED:
            return self.bits == 8 or self.samples > 1
        return self.bits == 64 or (self.bits == 32 and (self.samples > 1 or self.kind == UNSIGNED))

    @property
    def kind_in_words(self) -> str:
        """Its name in a report."""
        numbers = "floats" if self.kind == FLOAT else "values"
        return f"a TIFF of {self.samples} {numbers} of {self.bits} bits a pixel"

    @property
    def white_is_zero(self) -> bool:
        """Whether its greys are those of a negative."""
        return self.photometric == 0

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height in pixels, turned by the orientation."""
        return (self.height, self.width) if self.orientation in (5, 6, 7, 8) else (self.width, self.height)


def read_head(data: bytes) -> TiffHead | None:
    """The head of a TIFF; None for anything else, and for one that is damaged."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        return None
    tags, is_cut = dict.fromkeys(FIELDS, 1), False
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, start)
        for number in range(min(count, MAX_TAGS)):
            place = start + 2 + 12 * number
            tag, kind, values = struct.unpack_from(order + "HHI", data, place)
            if BYTES.get(kind, 0) * values > 4:
                (away,) = struct.unpack_from(order + "I", data, place + 8)
                is_cut |= away + BYTES[kind] * values > len(data)
            if tag in tags and kind in NUMBERS and values:
                size, letter = NUMBERS[kind]
                inside = (
                    place + 8 if size * values <= 4 else struct.unpack_from(order + "I", data, place + 8)[0]
                )
                (tags[tag],) = struct.unpack_from(order + letter, data, inside)  # alike for all samples
    except struct.error:
        return None
    is_cut |= start + 2 + 12 * count + 4 > len(data)  # the place of the next directory stands at its end
    return TiffHead(is_cut, *(tags[tag] for tag in FIELDS))


def decode_values(data: bytes, head: TiffHead) -> NDArray[Any] | None:
    """The values of a TIFF as they are, (H, W) or (H, W, 3 or 4) in the order RGB, turned by the orientation.

    None where OpenCV cannot decode it. Raises UnreadableImageError for one too large.
    """
    check_size(head.width, head.height)
    if head.width * head.height * head.samples * head.bits // 8 > MAX_BYTES:
        raise UnreadableImageError(
            f"{head.width}x{head.height} is more than {MAX_BYTES:,} bytes at {head.bits} bits a value"
        )
    return decode_unchanged(data)


def decode_unchanged(data: bytes) -> NDArray[Any] | None:
    """The values of an image as OpenCV decodes it, in the order RGB; None where it cannot."""
    with without_stderr():
        try:
            values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error:
            return None
    if values is None or values.ndim == 2:
        return values
    return values[..., [2, 1, 0, 3][: values.shape[2]]]


def decode_deep(data: bytes, head: TiffHead) -> NDArray[np.uint8]:
    """A TIFF as 8-bit RGB, (H, W, 3), transparency laid over white. Raises UnreadableImageError."""
    values = decode_values(data, head)
    if values is None:
        raise UnreadableImageError(f"damaged image ({head.kind_in_words}, which cannot be decoded)")
    return values_to_rgb(values)


def values_to_rgb(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Values of any range, (H, W) or (H, W, 3 or 4), as 8-bit RGB, (H, W, 3)."""
    least, largest = finite_range(values)
    pixels = ValueRange.of(least, largest, values.dtype.kind == "f").to_8_bits(values)
    if pixels.ndim == 2:
        return cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)  # type: ignore[return-value]
    if pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    colour, alpha = pixels[..., :3].astype(np.uint16), pixels[..., 3:].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8)
