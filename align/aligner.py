"""One photograph through the whole of stage 1: read, detect, choose, crop."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.choose_face import choose_face
from align.crop import crop_face
from align.detector import Detection, RetinaFace
from align.images import UnreadableImageError, read_image

NO_FACE = "no face found"


@dataclass(frozen=True)
class AlignedFace:
    """The face of a photograph."""

    image: NDArray[np.uint8]  # (112, 112, 3) RGB
    detection: Detection  # in pixels of the photograph


@dataclass(frozen=True)
class Rejection:
    """A photograph without a usable face."""

    reason: str


class Aligner:
    """Aligns photographs with one detector; holds no other state."""

    def __init__(self, threads: int = 1) -> None:
        self.detector = RetinaFace(threads=threads)

    def align(self, path: Path) -> AlignedFace | Rejection:
        """The most prominent face of an image file; never raises for what the file holds."""
        try:
            image = read_image(path)
        except UnreadableImageError as error:
            return Rejection(str(error))
        faces = self.detector.detect(image)
        if not faces:
            return Rejection(NO_FACE)
        face = choose_face(faces, *image.shape[:2])
        try:
            return AlignedFace(crop_face(image, face.landmarks), face)
        except ValueError:
            return Rejection("the landmarks coincide")


def align_photographs(paths: Sequence[Path]) -> list[AlignedFace | Rejection]:
    """Align image files one after another; the task of a worker process that keeps nothing."""
    aligner = Aligner()
    return [aligner.align(path) for path in paths]
