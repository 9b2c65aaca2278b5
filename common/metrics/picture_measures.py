"""Plain measures of a picture that a classifier may take for the traces of a forgery."""

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 128  # pixels; the common size at which sharpness is measured
COLOURLESS = 2.0  # the mean difference of channels, of 255, below which a picture is grey


def sharpness(image: NDArray[np.uint8]) -> float:
    """The variance of the Laplacian of a picture (H, W, 3) RGB or (H, W) grey, at 128x128 pixels.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy: a comparative study", ICPR 2000. What
    is larger is reduced by areas, what is smaller is enlarged linearly, whatever its shape.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    reduced = min(image.shape[:2]) >= SIDE
    common = cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA if reduced else cv2.INTER_LINEAR)
    return float(cv2.Laplacian(common.astype(np.float32), cv2.CV_32F).var())


def picture_measures(image: NDArray[np.uint8]) -> dict[str, float]:
    """The measures of a picture (H, W, 3) RGB by name.

    `sharpness` as above; `saturation`, the mean difference of the highest and the lowest channel, and
    `brightness`, the mean of its grey, both in 0..255; `grey`, 1 for a picture without colour, else 0.
    """
    saturation = float(np.ptp(image, axis=2).mean())
    return {
        "sharpness": sharpness(image),
        "saturation": saturation,
        "grey": float(saturation < COLOURLESS),
        "brightness": float(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).mean()),
    }
