"""Time to the end of a run, from the steps and validations that it has done."""

import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable

from train.loggers.base import RunPlan

WARM_UP = 3  # steps of a session that are not counted: the first ones prepare kernels, memory and files
FEWEST = 10  # steps to count before anything is said
WINDOW = 200  # steps that the mean is over


class TimeLeft:
    """The time that the steps and validations ahead will take, if they take as long as the last ones did."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._steps: deque[float] = deque(maxlen=WINDOW)  # seconds each
        self._uncounted = WARM_UP
        self._validation = 0.0  # seconds of the last one
        self._validations: list[int] = []  # the steps that are followed by one
        self._total = self._step = 0
        self._validated_step = -1

    def started(self, plan: RunPlan) -> None:
        """The first step comes next."""
        self._total, self._step = plan.steps_per_epoch * plan.epochs, plan.first_step
        every = plan.steps_between_validations
        self._validations = sorted({*range(every, self._total + 1, every), self._total})
        self._since = self._clock()

    def stepped(self, step: int) -> None:
        """A step is done."""
        self._step = step
        seconds = self._lap()
        if self._uncounted:
            self._uncounted -= 1
        else:
            self._steps.append(seconds)

    def validated(self, step: int) -> None:
        """The validation after a step is done."""
        self._validated_step = step
        self._validation = self._lap()

    def seconds(self) -> float | None:
        """To the end of the run; None until enough steps are done."""
        if len(self._steps) < FEWEST:
            return None
        per_step = sum(self._steps) / len(self._steps)
        ahead = len(self._validations) - max(
            bisect_left(self._validations, self._step), bisect_right(self._validations, self._validated_step)
        )
        return per_step * (self._total - self._step) + self._validation * ahead

    def _lap(self) -> float:
        now = self._clock()
        seconds, self._since = now - self._since, now
        return seconds
