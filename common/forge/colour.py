"""Other colours: the mismatch of two sources, and how it is hidden."""

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.chance import Chance
from common.forge.face import Floats

LEAST_TINT, MOST_TINT = 5.0, 13.0  # grey levels that a pixel of middle brightness changes by
MIDDLE = 128.0
MOST_CHROMA = 2.0  # grey levels, mean difference of neighbouring channels, that a grey photograph may have


def is_grey(picture: Floats) -> bool:
    """Whether a picture (size, size, 3) is a black-and-white photograph, up to the rounding of its file."""
    red, green, blue = cv2.split(picture)
    apart = cv2.norm(red, green, cv2.NORM_L1) + cv2.norm(green, blue, cv2.NORM_L1)
    return bool(apart <= 2 * MOST_CHROMA * red.size)


def recoloured(picture: Floats, chance: Chance, strength: float = 1.0) -> Floats:
    """The picture (size, size, 3), 0..255, as from another camera under another light.

    Each channel has a gain of its own (von Kries), hue and saturation are turned and stretched about the
    grey axis, and a curve through black and white changes the tones between. All of it keeps black black:
    what lies outside of the photograph stays as it is. A grey photograph stays grey.

    Args:
        picture: float32.
        chance: draws the change.
        strength: of the change; 1 is what can just be overlooked.
    """
    if is_grey(picture):
        gain = np.float32(1 + strength * chance.either_side("brightness", LEAST_TINT, MOST_TINT) / MIDDLE)
        moved = picture * gain
    else:
        tint = np.array([chance.uniform(name, -MOST_TINT, MOST_TINT) for name in ("red", "green", "blue")])
        tint *= max(1.0, LEAST_TINT / max(float(np.linalg.norm(tint)), 1e-6))
        turned = _about_grey(chance.uniform("hue", -6, 6), chance.uniform("saturation", 0.8, 1.2))
        moved = np.asarray(cv2.transform(picture, (1 + strength * tint / MIDDLE)[:, None] * turned))
    np.clip(moved, 0, 255, out=moved)
    curve = strength * chance.uniform("contrast", -0.18, 0.18)
    lifted = moved * np.float32(-curve / 255)
    lifted += np.float32(1 + curve)
    lifted *= moved
    return np.clip(lifted, 0, 255, out=lifted)


def _about_grey(angle: float, stretch: float) -> NDArray[np.float64]:
    """The linear map (3, 3) that turns RGB colours about the grey axis by degrees, and away from it."""
    turn = np.deg2rad(angle)
    grey = np.full((3, 3), 1 / 3)
    across = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    linear: NDArray[np.float64] = grey + stretch * (np.cos(turn) * (np.eye(3) - grey) + np.sin(turn) * across)
    return linear
