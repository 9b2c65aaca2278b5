"""The face of a track as it is marked in every frame of a video, those that nobody looked at among them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from align.detectors.nms import iou

BETWEEN = 1.0  # seconds between two sightings at the most, between which a face is taken to move evenly
HELD = 0.5  # seconds at the most, for which a box stays where it was seen
SKIPPED = 1.5  # times the usual time between frames: in between was one without the face


class Mark(NamedTuple):
    """A box in a frame."""

    box: NDArray[np.float64]  # (4,) x1, y1, x2, y2 in pixels of the upright frame
    label: str
    colour: str  # as #rrggbb
    seen: bool  # whether the frame was looked at


@dataclass(frozen=True)
class MarkedTrack:
    """A face that was seen K times, in order.

    Attributes:
        seconds: (K,) float64, increasing.
        boxes: (K, 4) float32 x1, y1, x2, y2 in pixels of the upright frame.
        labels, colours: (K,) what stands at the box, and its colour as #rrggbb.
    """

    seconds: NDArray[np.float64] = field(repr=False)
    boxes: NDArray[np.float32] = field(repr=False)
    labels: Sequence[str] = field(repr=False)
    colours: Sequence[str] = field(repr=False)

    def at(self, seconds: float, step: float) -> Mark | None:
        """The mark at a time; None where the face may be gone. Frames were looked at every `step` seconds.

        Between two sightings the box moves evenly, if they are near in time and place; else it stays at the
        nearer one for half a step. What it says is that of the nearer one.
        """
        after = int(np.searchsorted(self.seconds, seconds))
        beside = [place for place in (after - 1, after) if 0 <= place < len(self.seconds)]
        near = min(beside, key=lambda place: abs(float(self.seconds[place]) - seconds))
        away = abs(float(self.seconds[near]) - seconds)
        box = self.boxes[near].astype(np.float64)
        if away and len(beside) == 2 and self._moves_evenly(after, step):
            before, until = self.seconds[after - 1 : after + 1].tolist()
            part = (seconds - before) / (until - before)
            box = (1 - part) * self.boxes[after - 1] + part * self.boxes[after]
        elif away > min(step / 2, HELD):
            return None
        return Mark(box, self.labels[near], self.colours[near], not away)

    def _moves_evenly(self, after: int, step: float) -> bool:
        gap = float(self.seconds[after] - self.seconds[after - 1])
        overlap = iou(self.boxes[after - 1], self.boxes[after][None])[0]
        return gap <= min(SKIPPED * step, BETWEEN) and bool(overlap > 0)
