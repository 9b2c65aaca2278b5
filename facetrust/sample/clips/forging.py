"""Forgeries in the frames of a recording, by the methods of `align forge`."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.blend import to_image
from common.forge.face import EYES_TO_MOUTH, Face, Image
from common.forge.forger import Forger
from common.formats.crop_frame import ARCFACE_SIZE, Template, crop_frame, similarity_transform
from facetrust.sample.clips.recording import Recording

_SIDE = 192  # pixels of the crop that is forged: about as fine as the frames are
_FRAME = crop_frame(_SIDE, Template.LOOSE, 0.2)  # from the hair to the chin
_UNIT = _SIDE / ARCFACE_SIZE / 1.4  # pixels on one of ArcFace's crop, with the margins
_EDGE = 10  # pixels over which a changed crop fades into its frame

Matrix = NDArray[np.float64]  # (2, 3) from a frame to its crop


def forged(recording: Recording, donor: Recording | None, method: str, seeds: Sequence[int]) -> list[Image]:
    """The frames of a recording, each forged by a seed.

    Where a seed is that of the frame before, the frame is forged alike: the same draws, and no flicker.

    Args:
        donor: its first frame has the face that a swap puts in; other methods take none.
        method: of `common.forge`.
        seeds: 0 or more, one for each frame.
    """
    forger = Forger((method,))
    shown = None if donor is None else _cropped(donor.frames[0], donor.landmarks[0])[0]
    frames: list[Image] = []
    last: tuple[int, int] | None = None  # seed and attempt
    for frame, landmarks, seed in zip(recording.frames, recording.landmarks, seeds, strict=True):
        face, matrix = _cropped(frame, landmarks)
        attempt = last[1] if last and last[0] == seed else None
        own, partner = (face, None) if shown is None else (shown, face)
        forgery = forger.forge(own, partner, seed, attempt)
        last = (seed, forgery.attempt)
        frames.append(_put_back(forgery.image, face.image, frame, matrix))
    return frames


def _cropped(frame: Image, landmarks: NDArray[np.float32]) -> tuple[Face, Matrix]:
    """The face, as far from the eyes to the mouth in every frame: grids of generators are whole pixels."""
    matrix = similarity_transform(landmarks, _FRAME.points)
    down = matrix[:, :2] @ (landmarks[3:].mean(axis=0) - landmarks[:2].mean(axis=0))
    zoom, middle = _UNIT * EYES_TO_MOUTH / float(np.linalg.norm(down)), _SIDE / 2
    matrix = zoom * matrix
    matrix[:, 2] += (1 - zoom) * middle
    crop = cv2.warpAffine(frame, matrix, (_SIDE, _SIDE), borderMode=cv2.BORDER_REPLICATE)
    points = landmarks @ matrix[:, :2].T + matrix[:, 2]
    return Face(crop.astype(np.uint8, copy=False), points), matrix


def _put_back(forgery: Image, crop: Image, frame: Image, matrix: Matrix) -> Image:
    """The frame with what differs between a crop and its forgery; the pixels of the rest stay."""
    change = (forgery.astype(np.float32) - crop) * _WINDOW
    size = (frame.shape[1], frame.shape[0])
    back = cv2.warpAffine(change, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return to_image(frame + back)


def _window() -> NDArray[np.float32]:
    """1 in the middle of a crop (side, side, 1), falling to 0 at its edges."""
    inside = np.minimum(np.arange(_SIDE), np.arange(_SIDE)[::-1])
    ramp = np.clip(inside / _EDGE, 0, 1).astype(np.float32)
    window: NDArray[np.float32] = np.minimum(ramp[:, None], ramp[None])[..., None]
    return window


_WINDOW = _window()
