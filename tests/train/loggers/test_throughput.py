from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from train.loggers.throughput import WINDOW, Throughput


def ticking(*times: float) -> Iterator[float]:
    return chain(times, repeat(times[-1]))


def test_only_the_time_of_steps_counts() -> None:
    clock = ticking(0, 100, 102, 104, 1104, 1106)  # made; begun; two steps; a validation; a step
    meter = Throughput(clock.__next__)
    meter.restart()
    assert [meter.stepped(64), meter.stepped(64)] == [32, 32]
    meter.restart()
    assert meter.stepped(64) == 32


def test_the_share_of_the_time_that_data_is_waited_for() -> None:
    meter = Throughput(ticking(0, 2, 4).__next__)
    assert meter.waiting_share == 0
    meter.stepped(64, waited=1.5)
    meter.stepped(64, waited=0.5)
    assert meter.waiting_share == 0.5


def test_an_early_rate_is_forgotten() -> None:
    times = [0.0, 1000.0, *(1000.0 + index for index in range(1, WINDOW + 1))]
    meter = Throughput(iter(times).__next__)
    rates = [meter.stepped(10) for _ in range(WINDOW + 1)]
    assert rates[0] == pytest.approx(0.01) and rates[-1] == pytest.approx(10)


def test_a_clock_that_stands_still_gives_no_rate() -> None:
    assert Throughput(lambda: 5.0).stepped(64) == 0
