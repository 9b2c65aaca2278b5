"""A classified clip: its tracks, the one that decides, and the second in which that looks most synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.formats.crop_size import fit_crop
from common.runtime.wording import counted
from infer.classification.clip_faces import CutClip
from infer.classification.score import ScoredFace

AROUND = 0.5  # seconds before and after the middle of the worst second
STRIP = 6  # frames that are shown of it, with those around it where it has fewer
STRIP_SIDE = 96  # pixels


@dataclass(frozen=True)
class ScoredTrack:
    """A face over time, K frames in order.

    Attributes:
        number: of the track, in the order of appearance.
        frame: (K,) int64, among all frames of the video.
        seconds: (K,) float64, since its first one.
        boxes: (K, 4) float32 x1, y1, x2, y2 in pixels of the frame.
        logits: (K,) float64, calibrated, the mean of the ensemble.
        logit: what they come to.
    """

    number: int
    frame: NDArray[np.int64] = field(repr=False)
    seconds: NDArray[np.float64] = field(repr=False)
    boxes: NDArray[np.float32] = field(repr=False)
    logits: NDArray[np.float64] = field(repr=False)
    logit: float

    def __len__(self) -> int:
        return len(self.frame)

    def worst_second(self) -> NDArray[np.int64]:
        """Positions of the frames of the second around a frame whose logits have the highest mean."""
        start = np.searchsorted(self.seconds, self.seconds - AROUND, "left")
        end = np.searchsorted(self.seconds, self.seconds + AROUND, "right")
        sums = np.concatenate([[0.0], np.cumsum(self.logits)])
        worst = int(np.argmax((sums[end] - sums[start]) / (end - start)))
        return np.arange(start[worst], end[worst])


@dataclass(frozen=True)
class ClipCrops:
    """Crops of the track that decides: of its most synthetic frame, and S in and around its worst second."""

    view: NDArray[np.uint8] = field(repr=False)  # as the first model takes it
    strip: NDArray[np.uint8] = field(repr=False)  # (S, 96, 96, 3) RGB
    places: NDArray[np.int64]  # (S,) positions in the track


@dataclass
class ScoredClip:
    """What an ensemble says of a clip; the track with the highest logit decides.

    Attributes:
        tracks: in the order of their numbers, at least one.
        decisive: position of the track that decides.
        face: that track, as if it were the face of a photograph; its plain measures are means over frames.
        frames, faceless, truncated: as in `CutClip`.
        crops: None where they are not kept.
    """

    tracks: list[ScoredTrack]
    decisive: int
    face: ScoredFace
    frames: int
    faceless: int
    truncated: bool
    crops: ClipCrops | None = None

    @property
    def track(self) -> ScoredTrack:
        """The track that decides."""
        return self.tracks[self.decisive]

    def told(self) -> str:
        """What decided, and what could not be looked at, in words."""
        among = f" among {len(self.tracks):,}" if len(self.tracks) > 1 else ""
        seen = f"in {len(self.track):,} of {counted(self.frames, 'frame')}"
        told = f"face {self.track.number}{among}, {seen}"
        if self.faceless:
            told += f"; {counted(self.faceless, 'frame')} without a face"
        return f"{told}; the video is damaged or lacks its end" if self.truncated else told


def clip_of(cut: CutClip, scored: Sequence[ScoredFace], of_tracks: Sequence[float], way: int) -> ScoredClip:
    """A clip of its faces and of what an ensemble says of each.

    Args:
        cut: the clip.
        scored: its faces.
        of_tracks: the calibrated logit of each track, in the order of their numbers.
        way: that of the crops to be kept.
    """
    logits = np.array([face.logit for face in scored])
    places = [np.flatnonzero(cut.track == number) for number in np.unique(cut.track)]
    tracks = [
        ScoredTrack(
            int(cut.track[own[0]]),
            cut.frame[own],
            cut.seconds[own],
            np.stack([scored[place].box for place in own.tolist()]).astype(np.float32),
            logits[own],
            logit,
        )
        for own, logit in zip(places, of_tracks, strict=True)
    ]
    decisive = int(np.argmax([track.logit for track in tracks]))
    track, own = tracks[decisive], places[decisive]
    worst = int(own[np.argmax(track.logits)])
    face = scored[worst]._replace(
        logit=track.logit,
        measures=_means([scored[place] for place in own.tolist()]),
        taught=any(one.taught for one in scored),
    )
    second = track.worst_second()
    if len(second) < STRIP:
        start = max(0, min(second[0] - (STRIP - len(second)) // 2, len(track) - STRIP))
        second = np.arange(start, min(start + STRIP, len(track)))
    shown = second[np.unique(np.linspace(0, len(second) - 1, STRIP).round().astype(int))]
    strip = np.stack([fit_crop(cut.faces[place].views[way], STRIP_SIDE) for place in own[shown]])
    crops = ClipCrops(cut.faces[worst].views[way], strip, shown)
    return ScoredClip(tracks, decisive, face, cut.frames, cut.faceless, cut.truncated, crops)


def _means(faces: Sequence[ScoredFace]) -> dict[str, float]:
    """The mean of each measure over faces that have the same."""
    return {name: float(np.mean([face.measures[name] for face in faces])) for name in faces[0].measures}
