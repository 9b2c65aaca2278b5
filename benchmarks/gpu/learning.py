"""A few epochs of a real run: the loss falls, and the time left is told in the right order of size."""

import time
from collections.abc import Iterator
from statistics import mean

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from train.loggers.base import Logger, RunPlan, StepRecord, ValidationRecord
from train.loggers.time_left import TimeLeft
from train.start import start_run

FACTOR = 3.0  # that the first estimate may be wrong by


class _Watch(Logger):
    def __init__(self) -> None:
        self.losses: list[float] = []
        self.left = TimeLeft()
        self.estimated: tuple[float, float] | None = None  # when, and what was left

    def started(self, plan: RunPlan) -> None:
        self.left.started(plan)

    def stepped(self, record: StepRecord) -> None:
        self.losses.append(record.loss)
        self.left.stepped(record.step)
        left = self.left.seconds()
        if self.estimated is None and left is not None:
            self.estimated = time.monotonic(), left

    def validated(self, record: ValidationRecord) -> None:
        self.left.validated(record.step)


def learning(setting: Setting) -> Iterator[Finding]:
    """The losses of the first and the last third, and the estimate against what came."""
    watch = _Watch()
    epochs = 4 if setting.tiny else 2
    config = setting.config("learning", "ir_lite", 0, epochs=epochs, **{"optimiser.learning_rate": 1e-3})
    start_run(config, watch)
    ended = time.monotonic()
    third = max(1, len(watch.losses) // 3)
    first, last = mean(watch.losses[:third]), mean(watch.losses[-third:])
    yield Finding(f"ir_lite, {epochs} epochs: loss", f"{first:.2f} to {last:.2f}", "falls", last < first)
    if watch.estimated is None:
        yield Finding("time left, first told", f"never in {len(watch.losses)} steps", "told", False)
        return
    when, left = watch.estimated
    came = ended - when
    holds = None if setting.tiny else left / FACTOR <= came <= left * FACTOR
    yield Finding(
        "time left, first told", f"{left:.1f} s, it was {came:.1f} s", f"within {FACTOR:g} times", holds
    )
