"""The verdict on a clip, by the track that decides, and why."""

from common.models.classifier_checkpoint import OperatingPoint
from infer.classification.scored_clip import ScoredClip
from infer.classification.verdict import FaceVerdict, face_verdict, why

FEWEST = 3  # frames with one face, below which a clip is never bona fide: one good frame is easily had
TOO_BRIEF = f"no face is in {FEWEST} frames, the fewest for bona fide"
NOT_WHOLE = "nobody knows what the rest of the video shows"


def judged(probability: float, point: OperatingPoint, still_open: str) -> tuple[FaceVerdict, str]:
    """The verdict on a P(synthetic) of a clip, and why.

    It is undecided instead of bona fide where something is `still_open`, see `what_is_open`.
    """
    verdict, reason = face_verdict(probability, point), why(probability, point)
    if still_open and verdict is FaceVerdict.BONA_FIDE:
        return FaceVerdict.UNDECIDED, f"{reason}, but {still_open}"
    return verdict, reason


def clip_verdict(clip: ScoredClip, probability: float, point: OperatingPoint) -> FaceVerdict:
    """The verdict on a clip of this P(synthetic)."""
    return judged(probability, point, what_is_open(clip))[0]


def what_is_open(clip: ScoredClip) -> str:
    """Why a clip is never bona fide, whatever its score: too few frames of a face, or no end; else empty.

    Players pass over damage, and show what comes after it.
    """
    if clip.truncated:
        return NOT_WHOLE
    return TOO_BRIEF if max(map(len, clip.tracks)) < FEWEST else ""


def why_of_clip(clip: ScoredClip, probability: float, point: OperatingPoint) -> str:
    """Why a clip has its verdict, and what could not be looked at."""
    return f"{judged(probability, point, what_is_open(clip))[1]}; {clip.told()}"
