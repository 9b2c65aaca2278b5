from collections.abc import Callable
from typing import Any

import pytest

from common.runtime.errors import UserError
from train.loggers.base import RunPlan, StepRecord, Tracker, ValidationRecord
from train.loggers.several import Loggers, open_loggers
from train.loggers.tracking import TrackingConfig

Make = Callable[..., Any]


class Recorder(Tracker):
    """Writes down what it hears and, if it is told to, fails at an event."""

    name = "Recorder"

    def __init__(self, fails_at: str = "") -> None:
        self.heard: list[str] = []
        self.notes: list[str] = []
        self._fails_at = fails_at

    def _hear(self, event: str) -> None:
        self.heard.append(event)
        if event == self._fails_at:
            raise OSError("no space left\nsecond line")

    def started(self, plan: RunPlan) -> None:
        self._hear("started")

    def stepped(self, record: StepRecord) -> None:
        self._hear("stepped")

    def validated(self, record: ValidationRecord) -> None:
        self._hear("validated")

    def noted(self, message: str) -> None:
        self.notes.append(message)
        self._hear("noted")

    def close(self, *, failed: bool) -> None:
        self._hear("failed" if failed else "closed")


EVENTS = ["started", "stepped", "validated", "noted"]


@pytest.fixture
def run(plan: Make, step: Make, validation: Make) -> Callable[[Loggers], None]:
    def go(loggers: Loggers) -> None:
        with loggers:
            loggers.started(plan())
            loggers.stepped(step(1))
            loggers.validated(validation(1))
            loggers.noted("a note")

    return go


def test_all_hear_everything_and_trackers_are_closed(run: Callable[[Loggers], None]) -> None:
    main, first, second = Recorder(), Recorder(), Recorder()
    run(Loggers(main, [first, second]))
    assert main.heard == EVENTS
    assert first.heard == second.heard == [*EVENTS, "closed"]


@pytest.mark.parametrize("event", EVENTS)
def test_a_tracker_that_fails_is_dropped_and_the_run_goes_on(
    run: Callable[[Loggers], None], event: str
) -> None:
    main, broken, sound = Recorder(), Recorder(event), Recorder()
    run(Loggers(main, [broken, sound]))
    assert broken.heard == [*EVENTS[: EVENTS.index(event) + 1], "failed"]
    assert sound.heard == [*EVENTS, "closed"]
    assert "Recorder failed and is not used further (OSError: no space left)" in main.notes


def test_one_that_fails_to_close_does_not_keep_others_open(run: Callable[[Loggers], None]) -> None:
    main, broken, sound = Recorder(), Recorder("closed"), Recorder()
    run(Loggers(main, [broken, sound]))
    assert sound.heard[-1] == "closed" and len(main.notes) == 2


def test_a_failure_of_the_run_reaches_the_trackers_and_is_not_swallowed() -> None:
    tracker = Recorder()
    with pytest.raises(KeyboardInterrupt), Loggers(Recorder(), [tracker]):
        raise KeyboardInterrupt
    assert tracker.heard == ["failed"]


def test_what_the_main_monitor_raises_is_the_runs_business(plan: Make) -> None:
    with pytest.raises(OSError, match="no space left"), Loggers(Recorder("started")) as loggers:
        loggers.started(plan())


def test_nothing_is_tracked_by_default(run: Callable[[Loggers], None]) -> None:
    main = Recorder()
    run(open_loggers(TrackingConfig(), main))
    assert main.heard == EVENTS


@pytest.mark.parametrize(
    ("config", "library", "told"),
    [
        (
            TrackingConfig(tensorboard=True),
            "torch.utils.tensorboard",
            r"pip install 'facetrust\[tensorboard\]'",
        ),
        (TrackingConfig(wandb="faces"), "wandb", r"pip install 'facetrust\[wandb\]'"),
    ],
)
def test_a_missing_library_is_told_before_the_run(
    monkeypatch: pytest.MonkeyPatch, config: TrackingConfig, library: str, told: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(UserError, match=told):
        open_loggers(config, Recorder())


@pytest.mark.parametrize("name", ["a/b", "a" * 129, "what?"])
def test_a_project_that_the_service_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="wandb"):
        TrackingConfig(wandb=name)


def test_an_empty_project_takes_a_former_one_back() -> None:
    assert TrackingConfig(wandb="").wandb is None
