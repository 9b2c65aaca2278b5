"""Throughput: images per second, and the share of the time that data is waited for."""

import time
from collections import deque
from collections.abc import Callable

WINDOW = 50  # steps that the rate is a mean over


class Throughput:
    """The rate over the last steps of this session; what else a run does in between is not counted."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: deque[tuple[int, float, float]] = deque(maxlen=WINDOW)  # images, seconds, of them waited
        self._since = clock()

    def restart(self) -> None:
        """Steps go on from now: the start of a session, the end of a validation."""
        self._since = self._clock()

    def stepped(self, images: int, waited: float = 0.0) -> float:
        """Count a step that took in `images`; returns images per second, 0 while no time has passed.

        `waited`: seconds of it that data was waited for.
        """
        now = self._clock()
        self._steps.append((images, now - self._since, waited))
        self._since = now
        return self._per_second(0)

    @property
    def waiting_share(self) -> float:
        """Share of the time of the last steps that data was waited for, 0 to 1."""
        return min(self._per_second(2), 1.0)

    def _per_second(self, column: int) -> float:
        seconds = sum(step[1] for step in self._steps)
        return sum(step[column] for step in self._steps) / seconds if seconds > 0 else 0.0
