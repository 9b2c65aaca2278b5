"""A logger made of several."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from train.loggers.base import Logger, RunPlan, StepRecord, Tracker, ValidationRecord
from train.loggers.tensorboard import TensorBoardLogger
from train.loggers.tracking import TrackingConfig
from train.loggers.wandb import WandbLogger


class Loggers(Logger):
    """Logger that tells `main` and then each tracker; a context manager that closes the trackers.

    A tracker that raises is dropped with a note to `main`: a full disk at a tracker or a service that is down
    must not cost hours of training. What `main` raises goes on to the run.
    """

    def __init__(self, main: Logger, trackers: Sequence[Tracker] = ()) -> None:
        self._main = main
        self._trackers = list(trackers)

    def __enter__(self) -> "Loggers":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for tracker in list(self._trackers):
            self._attempt(tracker, "close", failed=kind is not None)
        self._trackers.clear()

    def started(self, plan: RunPlan) -> None:
        self._tell("started", plan)

    def stepped(self, record: StepRecord) -> None:
        self._tell("stepped", record)

    def validated(self, record: ValidationRecord) -> None:
        self._tell("validated", record)

    def noted(self, message: str) -> None:
        self._tell("noted", message)

    def _tell(self, event: str, what: Any) -> None:
        getattr(self._main, event)(what)
        for tracker in list(self._trackers):
            self._attempt(tracker, event, what)

    def _attempt(self, tracker: Tracker, event: str, *what: Any, **how: Any) -> None:
        try:
            getattr(tracker, event)(*what, **how)
        except Exception as error:
            self._trackers.remove(tracker)
            with suppress(Exception):
                tracker.close(failed=True)
            reason = f"{type(error).__name__}: {error}".splitlines()[0]
            self._main.noted(f"{tracker.name} failed and is not used further ({reason})")


def open_loggers(config: TrackingConfig, main: Logger) -> Loggers:
    """`main` and the trackers that `config` asks for; they open their files when the run starts.

    Raises UserError when the library of one is not installed.
    """
    trackers: list[Tracker] = []
    if config.tensorboard:
        trackers.append(TensorBoardLogger())
    if config.wandb is not None:
        trackers.append(WandbLogger(config.wandb, main.noted))
    return Loggers(main, trackers)
