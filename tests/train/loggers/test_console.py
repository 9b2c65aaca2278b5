import dataclasses
import io
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from common.formats.pair_category import PairCategory
from common.metrics import CategoryErrors, VerificationReport
from train.display import Column
from train.loggers.console import ConsoleLogger, duration

Make = Callable[..., Any]


def recorded(terminal: bool = False, width: int = 140) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=terminal,
        width=width,
        highlight=False,
        soft_wrap=True,
        color_system=None,
    )


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())


class Clock:
    """Shows the time it was set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_plan_is_told_before_anything_happens(plan: Make) -> None:
    console = recorded()
    with ConsoleLogger(console) as logger:
        logger.started(plan(pretrained="weights.pt", backbone="timm:x[y]"))
    told = text_of(console)
    assert "timm:x[y] on cuda:0: 12 crops to train on, 6 pairs to validate on" in told
    assert "left" not in told and "per epoch" not in told, "no step is done yet"
    assert "from scratch" not in told and "No GPU" not in told and "goes on" not in told


def test_what_a_beginner_should_know_is_told(plan: Make) -> None:
    console = recorded()
    with ConsoleLogger(console) as logger:
        logger.started(plan(device="cpu"))
    assert "training starts from scratch" in text_of(console)
    assert "use --config cpu" in text_of(console)


def test_a_resumed_run_says_where_it_goes_on(plan: Make) -> None:
    console = recorded()
    with ConsoleLogger(console) as logger:
        logger.started(plan(first_step=50))
    told = text_of(console)
    assert "Run run-a goes on after step 50 of 100." in told
    assert "from scratch" not in told


def test_validations_are_lines_of_one_table(plan: Make, validation: Make) -> None:
    console = recorded()
    with ConsoleLogger(console) as logger:
        logger.started(plan())
        start = len(text_of(console))
        logger.validated(validation(0, loss=None))
        logger.validated(validation(25))
    header, first, second = text_of(console)[start:].strip("\n").splitlines()
    titles = ["epoch", "step", "lr", "loss", "EER", "95 % interval", "hard EER", "accuracy"]
    assert re.split(r"\s{2,}", header.strip()) == [*titles, "same-person", "different-person", "synthetic"]
    figures = ["0.1250", "0.1000-0.1500", "0.4000", "0.9000", "12.50%", "0.00%", "-"]
    assert first.split() == ["0", "0", "1.0e-04", "-", *figures]
    assert second.split() == ["1", "25", "1.0e-04", "2.250", *figures]
    assert len(header) == len(first) == len(second) < 115


def test_undefined_figures_are_dashes(plan: Make, validation: Make) -> None:
    console = recorded()
    none = {category: CategoryErrors(0, 0) for category in PairCategory}
    nothing = VerificationReport(math.nan, math.nan, math.nan, math.nan, none)
    with ConsoleLogger(console) as logger:
        logger.started(plan())
        logger.validated(validation(0, None, nothing))
    assert text_of(console).splitlines()[-1].split()[3:8] == ["-"] * 5


def test_piped_output_has_no_bar(plan: Make, step: Make) -> None:
    console = recorded()
    with ConsoleLogger(console) as logger:
        logger.started(plan())
        before = text_of(console)
        for number in range(1, 101):
            logger.stepped(step(number))
    told = r"about \d+ s left, by the steps so far: \d+ images/s, \d+% of the time waiting for data\n"
    assert re.fullmatch(told, text_of(console).removeprefix(before))


def test_the_bar_of_a_resumed_run_counts_this_session_only(plan: Make, step: Make, validation: Make) -> None:
    console, clock = recorded(terminal=True), Clock()
    with ConsoleLogger(console, clock) as logger:
        logger.started(plan(first_step=50))
        clock.now = 500  # of a validation before the first step
        logger.validated(validation(50))
        for number in range(51, 71):
            clock.now += 2
            logger.stepped(step(number, loss=1.25, waited=0.5))
        logger._progress.refresh()
    told = text_of(console)
    bar = told[told.rindex("epoch 3") :]
    assert "70/100" in bar and "loss 1.250" in bar and "32 images/s, 25% of the time waiting for data" in bar
    assert "18 min left" in bar  # 30 steps of 2 s, and two validations as long as the first


def test_the_time_left_has_room_for_validations(plan: Make, step: Make, validation: Make) -> None:
    console, clock = recorded(terminal=True), Clock()
    with ConsoleLogger(console, clock) as logger:
        logger.started(plan())
        for number in range(1, 51):
            clock.now += 1
            logger.stepped(step(number))
            if number == 25:
                clock.now += 50
                logger.validated(validation(number))
        logger._progress.refresh()
    told = text_of(console)
    bar = told[told.rindex("50/100") :]
    assert "64 images/s" in bar and "3 min left" in bar  # 50 steps of 1 s, and three validations of 50 s


def test_notes_are_told_as_they_are_and_cannot_steer_the_terminal() -> None:
    console = recorded()
    with ConsoleLogger(console) as logger:
        logger.noted("[bold]batch 7[/] skipped \x1b[2J")
    assert text_of(console) == "note: [bold]batch 7[/] skipped \\x1b[2J\n"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.2, "0 s"),
        (99, "99 s"),
        (101, "2 min"),
        (5900, "98 min"),
        (7260, "2 h 1 min"),
        (400_000, "4 days 15 h"),
    ],
)
def test_durations_are_for_people(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_cells_as_wide_as_their_column_do_not_run_together(plan: Make, validation: Make) -> None:
    console = recorded()
    columns = (Column("R²", 8, lambda _: "-44.2614"), Column("error", 6, lambda _: "144.26"))
    with ConsoleLogger(console) as logger:
        logger.started(dataclasses.replace(plan(), columns=columns))
        logger.validated(validation(0, loss=None))
    assert text_of(console).splitlines()[-1].split()[-3:] == ["-", "-44.2614", "144.26"]
