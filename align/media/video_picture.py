"""The picture of a decoded frame as it is shown: RGB, upright, of square pixels."""

from fractions import Fraction

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Interpolation
from numpy.typing import NDArray

from align.media.video_limits import VideoLimits

BT601 = 5  # as ITU-T H.273 numbers matrices of colours; what has none of these is read as it
COLOUR_MATRICES = frozenset({1, 4, BT601, 6, 7, 9})
WIDEST = 4  # of a pixel, as a ratio of its sides; more is an error of the file
EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT


def picture_of(frame: VideoFrame, aspect: Fraction | None, limits: VideoLimits) -> NDArray[np.uint8]:
    """The picture of a frame, (H, W, 3) uint8 RGB, turned and mirrored as its display matrix says.

    Colours are those of its tagged matrix and range; 10 bits or more are rounded to 8, without a tone map.
    Transparency is laid over white, as in photographs. `aspect`, width by height of a pixel, becomes 1
    by enlarging the picture along one side. Raises UnreadableImageError for sizes beyond the limits.
    """
    width, height = _square(frame.width, frame.height, aspect)
    limits.check_frame(width, height)
    transparent = any(component.is_alpha for component in frame.format.components)
    pixels: NDArray[np.uint8] = frame.to_ndarray(
        width=width,
        height=height,
        format="rgba" if transparent else "rgb24",
        src_colorspace=frame.colorspace if frame.colorspace in COLOUR_MATRICES else BT601,
        dst_color_range=ColorRange.JPEG,
        interpolation=EXACT,
    ).astype(np.uint8, copy=False)
    return np.array(_upright(_over_white(pixels) if transparent else pixels, frame), order="C")


def _square(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    if not aspect or not Fraction(1, WIDEST) <= aspect <= WIDEST:
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def _over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    opacity = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)


def _upright(pixels: NDArray[np.uint8], frame: VideoFrame) -> NDArray[np.uint8]:
    """As the display matrix (a b u, c d v, x y w) of ISO/IEC 14496-12 says: x' = ax + cy, y' = bx + dy."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return pixels
    a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), np.int32).tolist()
    turned = abs(b) + abs(c) > abs(a) + abs(d)
    across, down = (c, b) if turned else (a, d)
    shown = pixels.swapaxes(0, 1) if turned else pixels
    return shown[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
