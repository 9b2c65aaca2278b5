"""When the frames of a video are shown, by the time stamps of its packets."""

from array import array

import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from align.media.video_limits import VideoLimits

USUAL_RATE = 25  # frames a second, where a file says none


class FrameTimes:
    """The places of a video's frames: packets are added first, then decoded frames are placed one by one.

    Args:
        stream: whose units its time stamps have.
        limits: for how many frames there may be, and how far apart.
        in_order: whether packets tell only when they are decoded, as those of AVI; then the frames are shown
            at these times one after the other.
    """

    def __init__(self, stream: VideoStream, limits: VideoLimits, in_order: bool) -> None:
        self.count = 0  # of the frames that packets were added for
        self._limits, self._in_order = limits, in_order
        self._unit = float(stream.time_base or 0)
        self._step = 1 / float(stream.average_rate or USUAL_RATE)
        self._found = array("q")
        self._stamps = np.empty(0, np.int64)  # sorted
        self._told_apart = False  # whether every frame has a time stamp of its own
        self._position, self._seconds = -1, 0.0
        self._first: int | None = None

    def add(self, packet: "Packet[VideoStream]") -> None:
        """Count a frame by its packet. Raises UnreadableImageError for one too many."""
        self.count += 1
        self._limits.check_count(self.count)
        stamp = packet.dts if self._in_order else packet.pts
        if stamp is not None:
            self._found.append(stamp)

    def finish(self) -> None:
        """Take no more packets. Raises UnreadableImageError where frames are too far apart."""
        self._stamps = np.sort(np.frombuffer(self._found, np.int64))
        if len(self._stamps):
            self._limits.check_duration((int(self._stamps[-1]) - int(self._stamps[0])) * self._unit)
        self._told_apart = len(self._stamps) == self.count and bool((np.diff(self._stamps) > 0).all())

    def place(self, stamp: int | None) -> tuple[int, float]:
        """The position of the next decoded frame among all, and its seconds since the first one.

        Both increase. A position is skipped for each frame between two that was not decoded, as far as time
        stamps tell. Where the file has no time stamp or an earlier one, the frame is shown a step of the
        average rate after the previous one. Raises UnreadableImageError for a time beyond the limit.
        """
        previous, self._position = self._position, self._position + 1
        if self._in_order:
            known = self._position < len(self._stamps)
            stamp = int(self._stamps[self._position]) if known else None
        elif self._told_apart and stamp is not None:
            self._position = max(self._position, int(np.searchsorted(self._stamps, stamp)))
        if previous < 0:
            self._first = stamp
        else:
            told = None if stamp is None or self._first is None else (stamp - self._first) * self._unit
            step = self._seconds + self._step
            self._seconds = told if told is not None and told > self._seconds else step
        self._limits.check_duration(self._seconds)
        return self._position, self._seconds
