"""Photographs examined for a verification: the face in each, its embedding, and what is doubtful about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace, Rejection, aligner_of_process
from align.media.source import ImageSource
from common.formats.crop_frame import CropFrame, landmarks_in_crop
from common.formats.shards import Alignment
from infer.embeddings import align_options
from infer.models.model import Model
from infer.quality import QualityWarning, quality_warnings


@dataclass(frozen=True)
class Examined:
    """A photograph and the face in it.

    Attributes:
        face: the most prominent one; None where there is none that is usable.
        embedding: (D,) float32 of unit length; None without a face.
        problem: why there is no usable face, in words for people; None with one.
        faces_found: how many the photograph shows at the least: a detector that has found a large face does
            not look for all small ones. 0 without a face.
        landmarks: (5, 2) float32 x, y in pixels of the crop, for a crop that was given those of the template;
            None without a face.
        warnings: what may make its similarities unreliable.
    """

    face: AlignedFace | None = field(repr=False)
    embedding: NDArray[np.float32] | None = field(repr=False)
    problem: str | None
    faces_found: int
    landmarks: NDArray[np.float32] | None = field(repr=False)
    warnings: tuple[QualityWarning, ...]


class Examiner:
    """One detector and one model, opened once; several threads may examine at the same time.

    Raises UserError when the detector cannot be opened.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._aligner = aligner_of_process(align_options(model, aligned=False))

    def examine(self, sources: Sequence[ImageSource]) -> list[Examined]:
        """Each photograph, in order; what one holds never raises.

        The faces are embedded in one batch. Raises UserError when the model gives an embedding that is not
        finite.
        """
        outcomes = [self._aligner.align(source) for source in sources]
        faces = [outcome for outcome in outcomes if isinstance(outcome, AlignedFace)]
        embeddings = iter(self.model.embed(np.stack([face.image for face in faces])) if faces else ())
        return [
            self._with_face(outcome, next(embeddings))
            if isinstance(outcome, AlignedFace)
            else _without_face(outcome)
            for outcome in outcomes
        ]

    def _with_face(self, face: AlignedFace, embedding: NDArray[np.float32]) -> Examined:
        warnings = quality_warnings(face)
        if face.alignment is Alignment.AS_GIVEN:
            face = _with_landmarks(face, self._aligner.frame)
        found = face.detection
        points = landmarks_in_crop(found.landmarks, found.box, self._aligner.frame).astype(np.float32)
        return Examined(face, embedding, None, face.faces_found, points, warnings)


def _with_landmarks(crop: AlignedFace, frame: CropFrame) -> AlignedFace:
    """A crop that was given, with its landmarks where a crop has them by definition; the score stays NaN."""
    left, top, right, _ = crop.detection.box.tolist()
    points = (frame.points + 0.5) * ((right - left) / frame.size) - 0.5 + [left, top]
    detection = replace(crop.detection, landmarks=points.astype(np.float32))
    return replace(crop, detection=detection, faces_found=1)


def _without_face(rejection: Rejection) -> Examined:
    return Examined(None, None, rejection.reason, 0, None, ())
