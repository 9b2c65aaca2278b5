"""JPEG compression of a picture in memory."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray


def jpeg_round_trip(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """The picture after JPEG (ITU-T T.81) of a quality, colours at half the resolution as is usual.

    Args:
        image: (height, width, 3) uint8 RGB, both sides in 1..65500.
        quality: 1..100, as libjpeg counts it.

    Returns a new array of the same shape. A grey picture, its three channels equal, stays grey.
    """
    pixels = np.ascontiguousarray(image)
    coded = simplejpeg.encode_jpeg(pixels, quality, colorsubsampling="420", fastdct=False)
    decoded: NDArray[np.uint8] = simplejpeg.decode_jpeg(coded, fastdct=False, fastupsample=False)
    return decoded
