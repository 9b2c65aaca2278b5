"""One monitor made of several."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from train.loggers.monitor import Monitor, RunPlan, StepRecord, ValidationRecord
from train.loggers.tensorboard import TensorBoardMonitor
from train.loggers.tracking import TrackingConfig
from train.loggers.wandb import WandbMonitor


class Tracker(Monitor, Protocol):
    """A monitor that a run can do without, and that holds files or connections until it is closed."""

    name: str

    def close(self, *, failed: bool) -> None:
        """The run is over, or `failed`; must not fail when it never started."""


class Monitors:
    """Passes every event to `main` and then to each tracker; a context manager that closes the trackers.

    A tracker that raises is dropped with a note to `main`: a full disk at a tracker or a service that is down
    must not cost hours of training. What `main` raises goes on to the run.
    """

    def __init__(self, main: Monitor, trackers: Sequence[Tracker] = ()) -> None:
        self._main = main
        self._trackers = list(trackers)

    def __enter__(self) -> "Monitors":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for tracker in list(self._trackers):
            self._attempt(tracker, lambda tracker: tracker.close(failed=kind is not None))
        self._trackers.clear()

    def started(self, plan: RunPlan) -> None:
        """See `Monitor.started`."""
        self._main.started(plan)
        self._each(lambda tracker: tracker.started(plan))

    def stepped(self, record: StepRecord) -> None:
        """See `Monitor.stepped`."""
        self._main.stepped(record)
        self._each(lambda tracker: tracker.stepped(record))

    def validated(self, record: ValidationRecord) -> None:
        """See `Monitor.validated`."""
        self._main.validated(record)
        self._each(lambda tracker: tracker.validated(record))

    def noted(self, message: str) -> None:
        """See `Monitor.noted`."""
        self._main.noted(message)
        self._each(lambda tracker: tracker.noted(message))

    def _each(self, tell: Callable[[Tracker], None]) -> None:
        for tracker in list(self._trackers):
            self._attempt(tracker, tell)

    def _attempt(self, tracker: Tracker, tell: Callable[[Tracker], None]) -> None:
        try:
            tell(tracker)
        except Exception as error:
            self._trackers.remove(tracker)
            with suppress(Exception):
                tracker.close(failed=True)
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            self._main.noted(f"{tracker.name} failed and is not used further ({reason})")


def monitors_for(config: TrackingConfig, main: Monitor) -> Monitors:
    """`main` and the trackers that `config` asks for; they open their files when the run starts.

    Raises UserError when the library of one is not installed.
    """
    trackers: list[Tracker] = []
    if config.tensorboard:
        trackers.append(TensorBoardMonitor())
    if config.wandb is not None:
        trackers.append(WandbMonitor(config.wandb, main.noted))
    return Monitors(main, trackers)
