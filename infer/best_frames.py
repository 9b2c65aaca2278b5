"""The person of a video as that of a photograph: the best frames of whoever is most prominent in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace, Rejection, aligner_of_process
from align.crops.options import AlignOptions, FaceChoice
from align.detectors.registry import NONE
from align.tracks.clip import TrackedFace, align_clip
from align.tracks.options import USUAL_FRAMES
from common.formats.shards import Alignment
from infer.quality import rank_quality

MOST = 8  # frames that are averaged
FEWEST = 3  # frames in which somebody else is seen who counts


@dataclass(frozen=True)
class BestFrames:
    """The best frames of a video's leading track, and who else it shows.

    Attributes:
        faces: at most `MOST`, the best one first.
        frame: among all of the video, from 0, and `seconds` since the first one, of each of them.
        seen: frames in which the track was seen, of `looked_at`.
        others: of every other track of `FEWEST` frames or more the crop of its best one, and its frames.
        together: faces in one frame, at the most.
        truncated: whether the video lacks its end or is damaged.
    """

    faces: list[AlignedFace] = field(repr=False)
    frame: tuple[int, ...]
    seconds: tuple[float, ...]
    seen: int
    looked_at: int
    others: list[tuple[NDArray[np.uint8], int]] = field(repr=False)
    together: int
    truncated: bool

    @property
    def crops(self) -> NDArray[np.uint8]:
        """(K, size, size, 3) RGB of the faces."""
        return np.stack([face.image for face in self.faces])

    def told(self) -> str:
        """Which frames stand for the video, in words."""
        at = ", ".join(f"{seconds:.2f}" for seconds in sorted(self.seconds))
        return f"{len(self.faces)} of {self.looked_at:,} frames of it are averaged, those at {at} s"


def best_frames_of(videos: Sequence[Path], options: AlignOptions) -> list[BestFrames | Rejection]:
    """The best of `FRAMES` evenly spaced frames of each video, or why there is none.

    The leading track is the one whose face the options choose in most frames. A function for worker
    processes; never raises for what a video holds.
    """
    return [_best_frames(video, options) for video in videos]


def _best_frames(video: Path, options: AlignOptions) -> BestFrames | Rejection:
    every = options if options.detector == NONE else replace(options, face=FaceChoice.ALL)
    clip = align_clip(aligner_of_process(every), video, USUAL_FRAMES)
    if isinstance(clip, Rejection):
        return clip
    tracks: dict[int, list[TrackedFace]] = {}
    for face in clip.faces:
        tracks.setdefault(face.track, []).append(face)
    ranked = {
        number: sorted(track, key=lambda one: rank_quality(one.face)) for number, track in tracks.items()
    }
    main = ranked.pop(clip.main)
    best = main[:MOST]
    return BestFrames(
        [one.face for one in best],
        tuple(one.frame for one in best),
        tuple(one.seconds for one in best),
        len(main),
        clip.frames,
        [(track[0].face.image, len(track)) for track in ranked.values() if len(track) >= FEWEST],
        int(np.unique([face.frame for face in clip.faces], return_counts=True)[1].max()),
        any(face.face.alignment is Alignment.TRUNCATED for face in clip.faces),
    )
