"""What is drawn into a frame of an annotated copy: boxes with words, time, and verdict."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.output.palette import LIGHT
from infer.render.marked_track import Mark

FONT = cv2.FONT_HERSHEY_SIMPLEX
TEXT_HEIGHT = 1 / 32  # of the shorter side of a frame
LEAST_HEIGHT = 9  # pixels, below which nobody reads it
WHITE = (255, 255, 255)


def draw_marks(
    image: NDArray[np.uint8], marks: Iterable[Mark], seconds: float, headline: str, colour: str
) -> None:
    """Draw into an (H, W, 3) RGB frame: a thick box where the face was looked at, a thin one where not.

    Below stand the seconds and the headline, in front of a field of its colour. Characters beyond ASCII
    become question marks, which OpenCV has no others for.
    """
    height = max(LEAST_HEIGHT, min(image.shape[:2]) * TEXT_HEIGHT)
    thick = max(2, round(height / 5))
    for mark in marks:
        left, top, right, bottom = mark.box.round().astype(int).tolist()
        shade = _rgb(mark.colour)
        cv2.rectangle(
            image,
            (left, top),
            (right, bottom),
            shade,
            thick if mark.seen else max(1, thick // 3),
            cv2.LINE_AA,
        )
        above = top - thick if top > 2 * height else bottom + round(2 * height)
        _write(image, mark.label, left, above, height, shade)
    bottom = image.shape[0] - round(height / 2)
    end = _write(image, f"{seconds:7.2f} s", 0, bottom, height, _rgb(LIGHT["ink"]))
    _write(image, headline, end, bottom, height, _rgb(colour))


def _write(
    image: NDArray[np.uint8], text: str, left: int, bottom: int, height: float, field: tuple[int, ...]
) -> int:
    """Write white text on a field, its lower left corner there; returns where the field ends."""
    text = text.encode("ascii", "replace").decode()
    scale = cv2.getFontScaleFromHeight(FONT, max(1, round(height * 0.8)))
    (width, tall), below = cv2.getTextSize(text, FONT, scale, 1)
    space = max(2, round(height / 3))
    right, top = left + width + 2 * space, bottom - tall - below - space
    cv2.rectangle(image, (left, top), (right, bottom), field, cv2.FILLED)
    cv2.putText(image, text, (left + space, bottom - below), FONT, scale, WHITE, 1, cv2.LINE_AA)
    return right


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))
