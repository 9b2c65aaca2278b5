"""A clip of a request classified: its faces over time, the highest of which decides."""

import math
from collections.abc import Callable

import numpy as np

from align.crops.aligner import Rejection
from align.media.video_limits import VideoLimits
from align.tracks.options import USUAL_FRAMES
from common.runtime.file_kinds import Kind, by_signature
from infer.classification.clip_faces import ClipFile, cut_clips
from infer.classification.clip_verdict import judged, what_is_open
from infer.classification.ensemble import Ensemble
from infer.classification.faces import probabilities
from infer.classification.score_clips import score_clip
from infer.classification.scored_clip import ScoredTrack
from infer.service.classified import ClassifiedFace, ClassifiedPhotograph, Moment
from infer.service.limits import MOST_FACES

SIGNED = 64  # bytes at the start


def is_video(source: bytes) -> bool:
    """Whether bytes begin as those of a video do."""
    content = by_signature(source[:SIGNED])
    return content is not None and content.kind is Kind.VIDEO


def classify_clip(
    ensemble: Ensemble, source: bytes, limits: VideoLimits, watch: Callable[[], None]
) -> ClassifiedPhotograph:
    """What an ensemble says of the bytes of a clip, of 32 evenly spaced frames; never raises for these.

    Raises what `watch` does, which is called every few frames.
    """
    (cut,) = cut_clips([ClipFile(source, USUAL_FRAMES, limits, watch)], ensemble.ways)
    if isinstance(cut, Rejection):
        return ClassifiedPhotograph((), 0, cut.reason)
    clip = score_clip(cut, ensemble)
    tracks = sorted(clip.tracks, key=lambda track: -track.logit)[:MOST_FACES]
    still_open = what_is_open(clip)
    faces = [_face(track, ensemble, still_open) for track in tracks]
    return ClassifiedPhotograph(faces, len(clip.tracks), None, clip.told())


def _face(track: ScoredTrack, ensemble: Ensemble, still_open: str) -> ClassifiedFace:
    worst = int(np.argmax(track.logits))
    score, *each = probabilities(np.array([track.logit, *track.logits])).tolist()
    verdict, reason = judged(score, ensemble.point, still_open)
    return ClassifiedFace(
        track.boxes[worst],
        math.nan,
        score,
        verdict,
        reason,
        [Moment(at, one) for at, one in zip(track.seconds.tolist(), each, strict=True)],
    )
