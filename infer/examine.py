"""Photographs and videos examined for a verification: the face, its embedding, what is doubtful about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace, Rejection, aligner_of_process
from align.media.source import ImageSource
from align.sources.photograph import is_clip
from common.formats.crop_frame import CropFrame, landmarks_in_crop
from common.formats.shards import Alignment
from infer.best_frames import BestFrames, best_frames_of
from infer.embeddings import align_options
from infer.models.model import Model
from infer.one_person import count_people, mean_of
from infer.quality import QualityWarning, quality_warnings


@dataclass(frozen=True)
class Examined:
    """A photograph, or a video that stands for one, and the face in it.

    Attributes:
        face: the most prominent one; None where there is none that is usable.
        embedding: (D,) float32 of unit length; None without a face.
        problem: why there is no usable face, in words for people; None with one.
        faces_found: how many the photograph shows at the least: a detector that has found a large face does
            not look for all small ones. 0 without a face. Of a video how many people it shows.
        landmarks: (5, 2) float32 x, y in pixels of the crop, for a crop that was given those of the template;
            None without a face.
        warnings: what may make its similarities unreliable.
        clip: the frames of a video that are averaged, `face` the best of them; None for a photograph.
    """

    face: AlignedFace | None = field(repr=False)
    embedding: NDArray[np.float32] | None = field(repr=False)
    problem: str | None
    faces_found: int
    landmarks: NDArray[np.float32] | None = field(repr=False)
    warnings: tuple[QualityWarning, ...]
    clip: BestFrames | None = None


class Examiner:
    """One detector and one model, opened once; several threads may examine at the same time.

    Raises UserError when the detector cannot be opened.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._aligner = aligner_of_process(align_options(model, aligned=False))

    def examine(self, sources: Sequence[ImageSource]) -> list[Examined]:
        """Each photograph, or video by its path, in order; what one holds never raises.

        The faces are embedded in one batch. Raises UserError when the model gives an embedding that is not
        finite.
        """
        outcomes = [self._look_at(source) for source in sources]
        crops = [_crops_of(outcome) for outcome in outcomes if not isinstance(outcome, Rejection)]
        ends = np.cumsum([len(own) for own in crops])[:-1]
        embeddings = iter(np.split(self.model.embed(np.concatenate(crops)), ends) if crops else ())
        return [
            _without_face(outcome)
            if isinstance(outcome, Rejection)
            else self._with_clip(outcome, next(embeddings))
            if isinstance(outcome, BestFrames)
            else self._with_face(outcome, next(embeddings)[0])
            for outcome in outcomes
        ]

    def _look_at(self, source: ImageSource) -> AlignedFace | BestFrames | Rejection:
        if isinstance(source, str | PathLike) and is_clip(Path(source).name):
            return best_frames_of([Path(source)], self._aligner.options)[0]
        return self._aligner.align(source)

    def _with_clip(self, found: BestFrames, embeddings: NDArray[np.float32]) -> Examined:
        examined = self._with_face(found.faces[0], mean_of(embeddings, self.model.card.fusion))
        return replace(examined, clip=found, faces_found=max(found.together, self._people(found)))

    def _people(self, found: BestFrames) -> int:
        """How many people a video shows by their best frames; only with a threshold to tell them apart."""
        if self.model.threshold is None or not found.others:
            return 1
        crops = np.stack([found.faces[0].image, *(crop for crop, _ in found.others)])
        sizes = [found.seen, *(frames for _, frames in found.others)]
        return count_people(self.model.embed(crops), sizes, self.model.threshold.value)

    def _with_face(self, face: AlignedFace, embedding: NDArray[np.float32]) -> Examined:
        warnings = quality_warnings(face)
        if face.alignment is Alignment.AS_GIVEN:
            face = _with_landmarks(face, self._aligner.frame)
        found = face.detection
        points = landmarks_in_crop(found.landmarks, found.box, self._aligner.frame).astype(np.float32)
        return Examined(face, embedding, None, face.faces_found, points, warnings)


def _crops_of(outcome: AlignedFace | BestFrames) -> NDArray[np.uint8]:
    return outcome.crops if isinstance(outcome, BestFrames) else outcome.image[None]


def _with_landmarks(crop: AlignedFace, frame: CropFrame) -> AlignedFace:
    """A crop that was given, with its landmarks where a crop has them by definition; the score stays NaN."""
    left, top, right, _ = crop.detection.box.tolist()
    points = (frame.points + 0.5) * ((right - left) / frame.size) - 0.5 + [left, top]
    detection = replace(crop.detection, landmarks=points.astype(np.float32))
    return replace(crop, detection=detection, faces_found=1)


def _without_face(rejection: Rejection) -> Examined:
    return Examined(None, None, rejection.reason, 0, None, ())
