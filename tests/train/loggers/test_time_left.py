from collections.abc import Callable
from typing import Any

import pytest

from train.loggers.time_left import FEWEST, WARM_UP, TimeLeft

Make = Callable[..., Any]


class Clock:
    """Shows the time it was set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def take_steps(left: TimeLeft, clock: Clock, steps: range, seconds: float) -> None:
    for step in steps:
        clock.now += seconds
        left.stepped(step)


def test_nothing_is_said_before_there_are_enough_steps(plan: Make) -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.started(plan())
    take_steps(left, clock, range(1, WARM_UP + FEWEST), 1)
    assert left.seconds() is None
    take_steps(left, clock, range(WARM_UP + FEWEST, WARM_UP + FEWEST + 1), 1)
    assert left.seconds() == 100 - WARM_UP - FEWEST


def test_a_cold_first_step_does_not_count(plan: Make) -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.started(plan())
    take_steps(left, clock, range(1, 2), 300)
    take_steps(left, clock, range(2, 21), 2)
    assert left.seconds() == 80 * 2


@pytest.mark.parametrize(
    ("validation", "ahead"),
    [({}, 4), ({"every_epochs": 3}, 2), ({"every_steps": 40}, 3), ({"every_steps": 50}, 2)],
)
def test_validations_ahead_take_as_long_as_the_last(
    plan: Make, validation: dict[str, int], ahead: int
) -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.started(plan(validation=validation))
    clock.now += 7
    left.validated(0)
    take_steps(left, clock, range(1, 21), 1)
    assert left.seconds() == 80 + 7 * ahead


def test_a_validation_that_is_done_is_not_ahead(plan: Make) -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.started(plan(first_step=75))
    take_steps(left, clock, range(76, 101), 1)
    clock.now += 9
    left.validated(100)
    assert left.seconds() == 0
