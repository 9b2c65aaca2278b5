"""Clips to classify, and the crops of their tracks in every way that a model of an ensemble takes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection, aligner_of_process
from align.crops.options import AlignOptions, FaceChoice
from align.crops.reasons import LOST_FACE
from align.detectors.registry import NONE
from align.media.video_file import VideoSource
from align.media.video_limits import USUAL_LIMITS, VideoLimits
from align.tracks.clip import TrackedFace, align_clip
from align.tracks.options import ClipOptions
from common.formats.shards import Alignment, open_shard
from infer.classification.align_faces import CutFace
from infer.stored_crops import ShardCrop, read_crops


@dataclass(frozen=True)
class ClipFile:
    """A video, which of its frames are looked at, and what it may take.

    `watch` is called every few frames, and what it raises ends the reading; not across processes.
    """

    source: VideoSource
    options: ClipOptions
    limits: VideoLimits = USUAL_LIMITS
    watch: Callable[[], None] | None = None


@dataclass(frozen=True, eq=False)
class StoredClip:
    """The crops of a video in a shard, R of them, track by track, each in order of time."""

    shard: Path
    rows: NDArray[np.int64]  # (R,)
    frame: NDArray[np.int64]  # (R,) among all of the video, as the others
    seconds: NDArray[np.float64]  # (R,)
    track: NDArray[np.int64]  # (R,)
    faceless: int  # frames without a face, whose middles are in the shard and not among these
    truncated: bool


Clip = ClipFile | StoredClip


@dataclass(frozen=True)
class CutClip:
    """The faces of a clip, N of them, track by track, each in order of time.

    Attributes:
        faces: cut in all ways.
        frame, seconds, track: (N,) where each was seen, and whose it is.
        frames: that were looked at; of a stored clip those that have a face.
        faceless: frames without one.
        truncated: whether the video lacks its end or is damaged.
        looked_at: the seconds of all frames, with a face or without; empty for a stored clip.
    """

    faces: list[CutFace] = field(repr=False)
    frame: NDArray[np.int64]
    seconds: NDArray[np.float64]
    track: NDArray[np.int64]
    frames: int
    faceless: int
    truncated: bool
    looked_at: tuple[float, ...] = field(default=(), repr=False)


def cut_clips(clips: Sequence[ClipFile], ways: Sequence[AlignOptions]) -> list[CutClip | Rejection]:
    """The faces of each clip, tracked as by `align run`, all tracks; a function for worker processes.

    The ways differ in the crop alone. A face that one of them cannot cut is left out.
    """
    return [_cut(clip, ways) for clip in clips]


def _cut(clip: ClipFile, ways: Sequence[AlignOptions]) -> CutClip | Rejection:
    found = []
    for way in ways:
        every = way if way.detector == NONE else replace(way, face=FaceChoice.ALL)
        watch = clip.watch or (lambda: None)
        aligned = align_clip(
            aligner_of_process(every), clip.source, clip.options, limits=clip.limits, watch=watch
        )
        if isinstance(aligned, Rejection):
            return aligned
        found.append(aligned)
    crops = [{_seen(face): face.face.image for face in aligned.faces} for aligned in found]
    kept = [face for face in found[0].faces if all(_seen(face) in own for own in crops)]
    if not kept:
        return Rejection(LOST_FACE)
    return CutClip(
        [
            CutFace(
                tuple(own[_seen(one)] for own in crops),
                one.face.detection.score,
                one.face.detection.box,
                landmarks=one.face.detection.landmarks,
            )
            for one in kept
        ],
        np.array([face.frame for face in kept], np.int64),
        np.array([face.seconds for face in kept], np.float64),
        np.array([face.track for face in kept], np.int64),
        found[0].frames,
        found[0].faceless,
        any(face.face.alignment is Alignment.TRUNCATED for face in kept),
        found[0].seconds,
    )


def _seen(face: TrackedFace) -> tuple[int, bytes]:
    return face.frame, face.face.detection.box.tobytes()


def stored_faces(clip: StoredClip, ways: int) -> CutClip:
    """The faces of a clip of a shard, each once for so many ways. Raises UserError for a damaged shard."""
    crops = read_crops([ShardCrop(clip.shard, row) for row in clip.rows.tolist()])
    with open_shard(clip.shard) as shard:
        scores, boxes = shard["score"][:], shard["box"][:]
    return CutClip(
        [
            CutFace((crop,) * ways, float(scores[row]), boxes[row])
            for row, crop in zip(clip.rows.tolist(), crops, strict=True)
        ],
        clip.frame,
        clip.seconds,
        clip.track,
        len(np.unique(clip.frame)) + clip.faceless,
        clip.faceless,
        clip.truncated,
    )
