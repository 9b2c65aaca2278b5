"""Throughput: images per second."""

import time
from collections import deque
from collections.abc import Callable

WINDOW = 50  # steps that the rate is a mean over


class Throughput:
    """The rate over the last steps of this session; what else a run does in between is not counted."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: deque[tuple[int, float]] = deque(maxlen=WINDOW)
        self._since = clock()

    def restart(self) -> None:
        """Steps go on from now: the start of a session, the end of a validation."""
        self._since = self._clock()

    def stepped(self, images: int) -> float:
        """Count a step that took in `images`; returns images per second, 0 while no time has passed."""
        now = self._clock()
        self._steps.append((images, now - self._since))
        self._since = now
        seconds = sum(took for _, took in self._steps)
        return sum(count for count, _ in self._steps) / seconds if seconds > 0 else 0.0
