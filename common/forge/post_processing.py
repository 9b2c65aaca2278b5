"""What photographs go through on their way: compression, other sizes, less noise.

Meant for bona fide and synthetic crops alike, so that none of it tells one from the other.
"""

from collections.abc import Callable

import cv2
import numpy as np

from common.forge.chance import Chance
from common.forge.face import Image
from common.formats.jpeg import jpeg_round_trip

BLOCK = 8  # pixels of a JPEG block, both sides
LEAST_SIDE = 8  # pixels


def post_processed(image: Image, chance: Chance) -> Image:
    """A crop (height, width, 3) after one or two steps of a photograph's way, gentle ones; a new array.

    JPEG twice, resizing down and up, or denoising, in either order. Lengths are pixels of the crop and not of
    the face, as they are in codecs and filters. A grey crop stays grey.
    """
    first = chance.choice("post_first", tuple(STEPS))
    processed = STEPS[first](image, chance)
    if chance.happens("post_second_follows", 0.5):
        others = tuple(step for step in STEPS if step != first)
        processed = STEPS[chance.choice("post_second", others)](processed, chance)
    return processed


def compressed_twice(image: Image, chance: Chance) -> Image:
    """JPEG of one quality and then of another, the blocks of the first moved against those of the second."""
    left, top = (chance.integer(name, 0, BLOCK - 1) for name in ("post_grid_x", "post_grid_y"))
    moved = np.pad(image, ((top, 0), (left, 0), (0, 0)), mode="edge")
    once = jpeg_round_trip(moved, chance.integer("post_quality_first", 60, 95))[top:, left:]
    return jpeg_round_trip(once, chance.integer("post_quality_second", 60, 95))


def resized(image: Image, chance: Chance) -> Image:
    """Made smaller and as large again."""
    height, width = image.shape[:2]
    share = chance.uniform("post_resized_to", 0.6, 0.95)
    smaller = (max(LEAST_SIDE, round(width * share)), max(LEAST_SIDE, round(height * share)))
    enlarging = cv2.INTER_CUBIC if chance.happens("post_enlarged_cubic", 0.5) else cv2.INTER_LINEAR
    small = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=enlarging).astype(np.uint8, copy=False)


def denoised(image: Image, chance: Chance) -> Image:
    """Smoothed lightly by one of three filters."""
    kind = chance.choice("post_denoised_by", ("median", "bilateral", "gaussian"))
    if kind == "median":
        filtered = cv2.medianBlur(image, 3)
    elif kind == "bilateral":
        filtered = cv2.bilateralFilter(image, 5, chance.uniform("post_bilateral", 15, 40), 2)
    else:
        filtered = cv2.GaussianBlur(image, (0, 0), chance.uniform("post_sigma", 0.5, 0.75))
    return filtered.astype(np.uint8, copy=False)


STEPS: dict[str, Callable[[Image, Chance], Image]] = {
    "jpeg": compressed_twice,
    "resize": resized,
    "denoise": denoised,
}
"""By name: (crop, chance) -> a new crop of the same size."""
