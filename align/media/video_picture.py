"""The picture of a decoded frame as it is shown: RGB, upright, of square pixels."""

from fractions import Fraction
from typing import SupportsBytes, cast

import numpy as np
from av import VideoFrame
from av.sidedata.sidedata import SideDataContainer
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from align.media.video_limits import VideoLimits

BT601 = 5  # as ITU-T H.273 numbers matrices of colours; what has none of these is read as it
COLOUR_MATRICES = frozenset({1, 4, BT601, 6, 7, 9})
WIDEST = 4  # of a pixel, as a ratio of its sides; more is an error of the file


class PictureMaker:
    """The pictures of a stream's frames, made one after the other; it holds what they have in common.

    Args:
        aspect: width by height of a stored pixel; None for a square one.
        limits: that pictures keep to.
    """

    def __init__(self, aspect: Fraction | None, limits: VideoLimits) -> None:
        self._aspect, self._limits = aspect, limits
        self._reformatter = VideoReformatter()

    def picture_of(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """The picture of a frame, (H, W, 3) uint8 RGB, turned and mirrored as its display matrix says.

        Colours are those of its tagged matrix and range, and the pixels, where they are stored square, those
        of OpenCV's reader, which by a level or so are darker than exact ones; 10 bits or more are rounded to
        8, without a tone map. Transparency is laid over white, as in photographs. Pixels become square by
        enlarging the picture along one side. Raises UnreadableImageError for sizes beyond the limits.
        """
        width, height = _square(frame.width, frame.height, self._aspect)
        self._limits.check_frame(width, height)
        transparent = any(component.is_alpha for component in frame.format.components)
        converted = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="rgba" if transparent else "rgb24",
            src_colorspace=frame.colorspace if frame.colorspace in COLOUR_MATRICES else BT601,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BICUBIC,
            threads=1,
        )
        pixels = cast("NDArray[np.uint8]", converted.to_ndarray())
        return _upright(
            _over_white(pixels) if transparent else pixels, frame
        ).copy()  # libav's memory is not ours


def _square(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    if not aspect or not Fraction(1, WIDEST) <= aspect <= WIDEST:
        return width, height
    return (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))


def _over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    opacity = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)


def _upright(pixels: NDArray[np.uint8], frame: VideoFrame) -> NDArray[np.uint8]:
    """As the display matrix (a b u, c d v, x y w) of ISO/IEC 14496-12 says: x' = ax + cy, y' = bx + dy."""
    # a frame keeps its own `side_data`, which keeps the frame: a circle that stays in memory for many frames
    matrix = SideDataContainer(frame).get("DISPLAYMATRIX")  # type: ignore[call-arg]
    if matrix is None:
        return pixels
    a, b, _, c, d, *_ = np.frombuffer(bytes(cast(SupportsBytes, matrix)), np.int32).tolist()
    turned = abs(b) + abs(c) > abs(a) + abs(d)
    across, down = (c, b) if turned else (a, d)
    shown = pixels.swapaxes(0, 1) if turned else pixels
    return shown[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
