"""Photographs of a request classified: which of their faces are synthetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection
from align.crops.reasons import NO_FACE
from infer.classification.align_faces import align_faces
from infer.classification.ensemble import Ensemble
from infer.classification.faces import probabilities
from infer.classification.verdict import (
    FACE_VERDICTS,
    FaceVerdict,
    face_verdicts,
    verdict_without_score,
    why,
)
from infer.service.limits import MOST_FACES
from infer.service.photographs import look_at_uploads


class ClassifiedFace(NamedTuple):
    """A face of a photograph, and whether it is synthetic."""

    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2 in pixels of the upright photograph
    score: float  # of the detector; NaN for crops given as they are
    probability: float  # P(synthetic), in [0, 1]
    verdict: FaceVerdict
    reason: str


@dataclass(frozen=True)
class ClassifiedPhotograph:
    """The faces of a photograph.

    Attributes:
        faces: the `MOST_FACES` most prominent ones, in that order.
        faces_found: how many there are in all.
        problem: why there is no usable face, in words for people; None with one.
    """

    faces: Sequence[ClassifiedFace]
    faces_found: int
    problem: str | None

    @property
    def verdict(self) -> FaceVerdict:
        """That of its most doubtful face: bona fide only where each of them is."""
        found = {face.verdict for face in self.faces}
        if FaceVerdict.SYNTHETIC in found:
            return FaceVerdict.SYNTHETIC
        if not found:
            return verdict_without_score(self.problem or NO_FACE)
        return FaceVerdict.BONA_FIDE if found == {FaceVerdict.BONA_FIDE} else FaceVerdict.UNDECIDED


def classify_uploads(
    ensemble: Ensemble, sources: Sequence[bytes], max_pixels: int, given_up: Callable[[], bool]
) -> list[ClassifiedPhotograph]:
    """What an ensemble says of each encoded image. Raises as `look_at_uploads` and `Ensemble.logits`."""
    return look_at_uploads(
        lambda source: _classify(ensemble, source),
        lambda problem: ClassifiedPhotograph((), 0, problem),
        sources,
        max_pixels,
        given_up,
    )


def _classify(ensemble: Ensemble, source: bytes) -> ClassifiedPhotograph:
    (found,) = align_faces([source], ensemble.ways)
    if isinstance(found, Rejection):
        return ClassifiedPhotograph((), 0, found.reason)
    taken = found[:MOST_FACES]
    likely = probabilities(ensemble.logits([face.views for face in taken]))
    verdicts = [FACE_VERDICTS[code] for code in face_verdicts(likely, ensemble.point)]
    faces = [
        ClassifiedFace(face.box, face.score, probability, verdict, why(probability, ensemble.point))
        for face, probability, verdict in zip(taken, likely.tolist(), verdicts, strict=True)
    ]
    return ClassifiedPhotograph(faces, len(found), None)
