"""The verdict on a clip, by the track that decides, and why."""

from common.models.classifier_checkpoint import OperatingPoint
from infer.classification.scored_clip import ScoredClip
from infer.classification.verdict import FaceVerdict, face_verdict, why

FEWEST = 3  # frames with one face, below which a clip is never bona fide: one good frame is easily had
TOO_BRIEF = f"no face is in {FEWEST} frames, the fewest for bona fide"
NOT_WHOLE = "nobody knows what the rest of the video shows"


def clip_verdict(clip: ScoredClip, probability: float, point: OperatingPoint) -> FaceVerdict:
    """The verdict on a clip of this P(synthetic).

    It is undecided instead of bona fide where `what_is_open` says something.
    """
    verdict = face_verdict(probability, point)
    return FaceVerdict.UNDECIDED if verdict is FaceVerdict.BONA_FIDE and what_is_open(clip) else verdict


def what_is_open(clip: ScoredClip) -> str:
    """Why a clip is never bona fide, whatever its score: too few frames of a face, or no end; else empty.

    Players pass over damage, and show what comes after it.
    """
    if clip.truncated:
        return NOT_WHOLE
    return TOO_BRIEF if max(map(len, clip.tracks)) < FEWEST else ""


def why_of_clip(clip: ScoredClip, probability: float, point: OperatingPoint) -> str:
    """Why a clip has its verdict, and what could not be looked at."""
    said, still_open = why(probability, point), what_is_open(clip)
    if still_open and face_verdict(probability, point) is FaceVerdict.BONA_FIDE:
        said += f", but {still_open}"
    return f"{said}; {clip.told()}"
