"""Verdict on a single face, and the reason for it in words."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from align.crops.reasons import ReasonKind, kind_of
from common.models.classifier_checkpoint import OperatingPoint
from common.runtime.wording import told_apart, told_in_order


class FaceVerdict(StrEnum):
    """Verdicts on a face; the value is the one in files. The last two have no score."""

    BONA_FIDE = "bona_fide"
    SYNTHETIC = "synthetic"  # P(synthetic) >= threshold
    UNDECIDED = "undecided"  # P(synthetic) is in the band without a verdict
    NO_FACE = "no_face"  # of the photograph or clip: no usable face was found
    UNREADABLE = "unreadable"  # of the photograph or clip: not there, no image, damaged


FACE_VERDICTS = tuple(FaceVerdict)  # by code
_CODE = {verdict.value: code for code, verdict in enumerate(FACE_VERDICTS)}
SAID = {
    FaceVerdict.BONA_FIDE: "bona fide, as far as the model can tell",
    FaceVerdict.SYNTHETIC: "synthetic",
    FaceVerdict.UNDECIDED: "undecided: too near to the threshold for a verdict",
    FaceVerdict.NO_FACE: "no answer: no usable face was found",
    FaceVerdict.UNREADABLE: "no answer: the file cannot be read",
}
_WITHOUT_FACE = (ReasonKind.NO_FACE, ReasonKind.TURNED)


def face_verdicts(probability: NDArray[np.float64], point: OperatingPoint) -> NDArray[np.int8]:
    """(N,) verdicts on P(synthetic), as positions in `FACE_VERDICTS`; NaN gives that of no face.

    The band without a verdict goes before the threshold.
    """
    low, high = point.undecided
    codes = np.where(probability >= point.threshold, _CODE["synthetic"], _CODE["bona_fide"])
    codes[(low <= probability) & (probability < high)] = _CODE["undecided"]
    codes[np.isnan(probability)] = _CODE["no_face"]
    return codes.astype(np.int8)


def face_verdict(probability: float, point: OperatingPoint) -> FaceVerdict:
    """The verdict on a P(synthetic)."""
    return FACE_VERDICTS[int(face_verdicts(np.array([probability]), point)[0])]


def verdict_without_score(reason: str) -> FaceVerdict:
    """The verdict where a photograph gave no face, for a reason as stage 1 words it."""
    return FaceVerdict.NO_FACE if kind_of(reason) in _WITHOUT_FACE else FaceVerdict.UNREADABLE


def why(probability: float, point: OperatingPoint) -> str:
    """Why a face with this P(synthetic) has its verdict."""
    low, high = point.undecided
    if low <= probability < high:
        told, start, end = told_in_order(probability, low, high)
        return f"P(synthetic) {told} is within {start} to {end}, where there is no verdict"
    how = "at or above" if probability >= point.threshold else "below"
    told, limit = told_apart(probability, point.threshold)
    return f"P(synthetic) {told} is {how} the threshold {limit}"
