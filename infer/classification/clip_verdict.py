"""The verdict on a clip, by the track that decides, and why."""

from common.models.classifier_checkpoint import OperatingPoint
from infer.classification.scored_clip import ScoredClip
from infer.classification.verdict import FaceVerdict, face_verdict, why

FEWEST = 3  # frames with one face, below which a clip is never bona fide: one good frame is easily had
TOO_BRIEF = f"but no face is in {FEWEST} frames, the fewest for bona fide"


def clip_verdict(clip: ScoredClip, probability: float, point: OperatingPoint) -> FaceVerdict:
    """The verdict on a clip of this P(synthetic).

    It is undecided instead of bona fide where no face is seen in `FEWEST` frames.
    """
    verdict = face_verdict(probability, point)
    return FaceVerdict.UNDECIDED if verdict is FaceVerdict.BONA_FIDE and is_brief(clip) else verdict


def is_brief(clip: ScoredClip) -> bool:
    """Whether no face of a clip is seen in `FEWEST` frames."""
    return max(map(len, clip.tracks)) < FEWEST


def why_of_clip(clip: ScoredClip, probability: float, point: OperatingPoint) -> str:
    """Why a clip has its verdict, and what could not be looked at."""
    said = why(probability, point)
    if face_verdict(probability, point) is FaceVerdict.BONA_FIDE and is_brief(clip):
        said += f", {TOO_BRIEF}"
    return f"{said}; {clip.told()}"
