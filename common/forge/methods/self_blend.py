"""Self-blended images: a face blended with itself, one of the two changed a little.

Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022. What two blended sources
give away is all that is wrong with them: there is nothing else to learn.
"""

import cv2
import numpy as np

from common.forge.blend import alpha_blended, to_image
from common.forge.chance import Chance
from common.forge.colour import recoloured
from common.forge.face import Face, Floats, Image
from common.forge.masks import face_mask
from common.forge.warp import affine_field, displaced, smooth_field

RATIOS = ("0.25", "0.5", "0.75", "1", "1", "1", "1", "1")  # the paper's, the whole ones more often


def self_blend(face: Face, chance: Chance) -> Image:
    """The face with itself: one copy in other colours and sharpness, one moved and bent, blended by a mask.

    The less the moved copy shows through, the more it is made to differ: something must be left to be seen.
    """
    picture = face.image.astype(np.float32)
    ratio = float(chance.choice("ratio", RATIOS))
    strength = ratio**-0.5
    source, target = picture, picture
    if chance.happens("source_is_changed", 0.5):
        source = _changed(source, face, strength, chance)
    else:
        target = _changed(target, face, 1.0, chance)
    source = displaced(source, _movement(face, strength, chance))
    return to_image(alpha_blended(source, target, face_mask(face, chance) * np.float32(ratio)))


def _changed(picture: Floats, face: Face, strength: float, chance: Chance) -> Floats:
    """Other colours, and made smaller and larger again, some sharpened after that."""
    coloured = recoloured(picture, chance, strength)
    side = max(8, round(face.size * chance.uniform("rescaled_to", 0.35, 0.58) / strength**0.5))
    small = cv2.resize(coloured, (side, side), interpolation=cv2.INTER_AREA)
    rescaled = cv2.resize(small, (face.size, face.size))
    if not chance.happens("sharpened", 0.4):
        return rescaled  # type: ignore[return-value]
    blurred = cv2.GaussianBlur(rescaled, (0, 0), chance.uniform("sigma", 1.4, 2.2) * face.unit)
    amount = strength * chance.uniform("sharpening", 0.6, 1.4)
    return cv2.addWeighted(rescaled, 1 + amount, blurred, -amount, 0)  # type: ignore[return-value]


def _movement(face: Face, strength: float, chance: Chance) -> Floats:
    """A small affine map and an elastic one, as a displacement (size, size, 2)."""
    sideways = chance.either_side("shift_x", 1.0 * strength, 2.4 * strength)
    down = chance.either_side("shift_y", 0.7 * strength, 1.8 * strength)
    moved = affine_field(
        face.size,
        face.landmarks.mean(axis=0),
        chance.uniform("angle", -2, 2),
        chance.uniform("scale", 0.96, 1.04),
        np.array([sideways, down]) * face.unit,
    )
    moved += smooth_field(chance, face.size, 4, chance.uniform("bend", 0.2, 1.0) * face.unit)
    return moved
