"""What a classifier says of a photograph or clip of a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from align.crops.reasons import NO_FACE
from infer.classification.verdict import FaceVerdict, verdict_without_score


class Moment(NamedTuple):
    """A frame of a clip in which a face was seen."""

    seconds: float
    probability: float  # P(synthetic), in [0, 1]


class ClassifiedFace(NamedTuple):
    """A face, and whether it is synthetic; of a clip over all its frames."""

    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2 in pixels, upright; of a clip in its most synthetic frame
    score: float  # of the detector; NaN for crops given as they are, and of a clip
    probability: float  # P(synthetic), in [0, 1]
    verdict: FaceVerdict
    reason: str
    moments: Sequence[Moment] = ()  # of a clip, in order


@dataclass(frozen=True)
class ClassifiedPhotograph:
    """The faces of a photograph or clip.

    Attributes:
        faces: the most prominent ones, in that order; of a clip the most synthetic ones.
        faces_found: how many there are in all.
        problem: why there is no usable face, in words for people; None with one.
        clip: what decided of a clip, and what could not be looked at, in words; None for a photograph.
    """

    faces: Sequence[ClassifiedFace]
    faces_found: int
    problem: str | None
    clip: str | None = None

    @property
    def verdict(self) -> FaceVerdict:
        """That of its most doubtful face: bona fide only where each of them is."""
        found = {face.verdict for face in self.faces}
        if FaceVerdict.SYNTHETIC in found:
            return FaceVerdict.SYNTHETIC
        if not found:
            return verdict_without_score(self.problem or NO_FACE)
        return FaceVerdict.BONA_FIDE if found == {FaceVerdict.BONA_FIDE} else FaceVerdict.UNDECIDED
