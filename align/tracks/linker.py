"""Tracks: the faces of successive frames linked by where they lie and how they look."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from align.detectors.nms import iou
from align.tracks.appearance import Look, least_difference

# Measured on a scene of six people: one in 200 pairs of sightings of two of them differs by less than 0.28,
# and 19 in 20 of one of them within half a second by less than 0.25.
NEAR_S = 0.5  # seconds between two sightings of which the place of a face tells something
OVERLAP = 0.3  # least IoU of a face with where it is expected
SAME = 0.25  # most that two looks of one person differ by, wherever they are seen
EXCHANGED = 0.32  # from here two looks at one place are of two people: heads do not turn that fast
GALLERY = 16  # looks that are kept of a track
FORBIDDEN = 1e3  # cost of a link that must not be


@dataclass(frozen=True)
class SeenFace:
    """A face in a frame."""

    box: NDArray[np.float32]  # (4,) x1, y1, x2, y2 in pixels of the frame
    look: Look


@dataclass
class _Track:
    number: int
    gallery: NDArray[np.float32]  # (M, N) looks that differ from each other
    last: list[tuple[float, int, NDArray[np.float32]]] = field(default_factory=list)  # two: time, shot, box

    def expected(self, seconds: float, shot: int) -> NDArray[np.float32] | None:
        """The box where the face should be, moving on as before; None where too little is known of it."""
        before, own_shot, box = self.last[-1]
        if own_shot != shot or seconds - before > NEAR_S:
            return None
        if len(self.last) == 2 and self.last[0][1] == shot and before - self.last[0][0] <= NEAR_S:
            earlier, _, earlier_box = self.last[0]
            way = (box - earlier_box).reshape(2, 2).mean(axis=0) * (seconds - before) / (before - earlier)
            return box + np.tile(way, 2).astype(np.float32)
        return box

    def difference(self, look: Look) -> float:
        return least_difference(self.gallery, look)

    def see(self, face: SeenFace, seconds: float, shot: int) -> None:
        if self.difference(face.look) > SAME / 2:
            self.gallery = np.vstack([self.gallery[-GALLERY + 1 :], face.look])
        self.last = [*self.last[-1:], (seconds, shot, face.box)]


class TrackLinker:
    """The tracks of one clip, whose frames are given in order of time.

    A face goes on with a track whose expected place it overlaps, unless it looks like somebody else; far from
    it, after a gap, and in another shot only if it looks the same. Of all such links, one for each face and
    track, those are made that fit best together; any other face begins a track. When in doubt a person has
    two tracks rather than a track two persons.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []

    def link(self, faces: Sequence[SeenFace], seconds: float, shot: int) -> list[int]:
        """The number of each face's track: new ones are numbered on, from left to right, from 0."""
        found: dict[int, _Track] = {}
        if faces and self._tracks:
            costs = np.array(
                [[_cost(track, face, seconds, shot) for track in self._tracks] for face in faces]
            )
            for index, number in zip(*linear_sum_assignment(costs), strict=True):
                if costs[index, number] < FORBIDDEN:
                    found[int(index)] = self._tracks[number]
        for index in sorted(range(len(faces)), key=lambda index: float(faces[index].box[0])):
            if index not in found:
                found[index] = _Track(len(self._tracks), faces[index].look[None])
                self._tracks.append(found[index])
        for index, face in enumerate(faces):
            found[index].see(face, seconds, shot)
        return [found[index].number for index in range(len(faces))]


def _cost(track: _Track, face: SeenFace, seconds: float, shot: int) -> float:
    differs = track.difference(face.look)
    box = track.expected(seconds, shot)
    overlap = float(iou(box, face.box[None])[0]) if box is not None else 0.0
    if overlap >= OVERLAP:
        return differs / EXCHANGED - overlap if differs <= EXCHANGED else FORBIDDEN
    return differs / SAME if differs <= SAME else FORBIDDEN
