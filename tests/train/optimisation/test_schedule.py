import itertools
from typing import Any

import pytest
import torch
from torch.optim import AdamW

from common.metrics.figures import Better
from train.optimisation.optimiser import RATE
from train.optimisation.schedule import Schedule
from train.run_config import OptimiserConfig


def schedule_of(better: Better = "lower", **changes: Any) -> tuple[Schedule, AdamW]:
    optimiser = AdamW([torch.nn.Parameter(torch.zeros(1))], 0.1)
    return Schedule(optimiser, OptimiserConfig(learning_rate=0.1, **changes), better, steps=8), optimiser


def test_the_rate_rises_linearly_and_then_stays() -> None:
    schedule, _ = schedule_of(warmup_steps=4)
    rates = []
    for step in range(6):
        schedule.before_step(step)
        rates.append(schedule.learning_rate)
    assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])


def test_a_cosine_falls_to_zero_at_the_last_step_in_each_group_from_its_share() -> None:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], RATE: rate} for rate in (1.0, 0.1)]
    optimiser = AdamW(groups, 0.1)
    config = OptimiserConfig(learning_rate=0.1, warmup_steps=2, schedule="cosine")
    schedule = Schedule(optimiser, config, "higher", steps=10)
    rates = []
    for step in range(11):
        schedule.before_step(step)
        schedule.validated(step, 0.5)
        rates.append([group["lr"] for group in optimiser.param_groups])
    assert [rate for rate, _ in rates[:3]] == pytest.approx([0.05, 0.1, 0.1])
    assert rates[6][0] == pytest.approx(0.05) and rates[10][0] == pytest.approx(0, abs=1e-9)
    assert [other for _, other in rates] == pytest.approx([0.1 * rate for rate, _ in rates])
    assert all(before > after for (before, _), (after, _) in itertools.pairwise(rates[2:]))


def test_without_warm_up_the_first_step_has_the_whole_rate() -> None:
    schedule, _ = schedule_of()
    schedule.before_step(0)
    assert schedule.learning_rate == 0.1


def test_a_plateau_halves_the_rate_and_the_warm_up_does_not_undo_it() -> None:
    schedule, _ = schedule_of(warmup_steps=2, plateau_patience=1)
    for eer in (0.3, 0.3, 0.3, 0.3):
        schedule.validated(1, eer)
    schedule.before_step(1)
    assert schedule.learning_rate == 0.1, "validations in the warm-up do not count"
    for eer in (0.3, 0.3, 0.3):
        schedule.validated(2, eer)
    schedule.before_step(2)
    assert schedule.learning_rate == pytest.approx(0.05)


def test_where_more_is_better_a_rise_is_no_plateau() -> None:
    schedule, _ = schedule_of("higher", plateau_patience=0)
    for accuracy in (0.5, 0.6, 0.7):
        schedule.validated(1, accuracy)
    assert schedule.learning_rate == 0.1
    schedule.validated(1, 0.7)
    assert schedule.learning_rate == pytest.approx(0.05)


def test_a_state_brings_the_memory_of_the_plateau_back() -> None:
    first, optimiser = schedule_of(plateau_patience=1)
    for eer in (0.2, 0.3):
        first.validated(1, eer)
    second, other = schedule_of(plateau_patience=1)
    second.load_state_dict(first.state_dict())
    other.load_state_dict(optimiser.state_dict())
    for schedule in (first, second):
        schedule.validated(1, 0.3)
        assert schedule.learning_rate == pytest.approx(0.05)
