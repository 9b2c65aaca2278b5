"""Which frames are chosen, of any number and at any times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.media.video_choice import AllFrames, Evenly, EverySeconds
from common.runtime.errors import ParameterError


@given(st.integers(1, 400), st.integers(1, 64))
def test_evenly_takes_what_linspace_does(count: int, frames: int) -> None:
    takes = Evenly(frames).picker(count)
    taken = [index for index in range(count) if takes(index, index / 25)]
    assert taken == sorted(set(np.linspace(0, count - 1, frames, dtype=int).tolist()))


@given(st.sets(st.integers(0, 200), min_size=1), st.integers(1, 64))
def test_the_next_frame_stands_for_one_that_was_not_decoded(decoded: set[int], frames: int) -> None:
    takes = Evenly(frames).picker(201)
    taken = [index for index in sorted(decoded) if takes(index, 0.0)]
    wanted = np.linspace(0, 200, frames, dtype=int).tolist()
    following = {min((index for index in decoded if index >= at), default=None) for at in wanted}
    assert taken == sorted(following - {None})


@given(st.lists(st.floats(0.001, 3), min_size=1, max_size=60), st.floats(0.01, 5))
def test_every_so_many_seconds_takes_the_first_frame_of_each_span(steps: list[float], every: float) -> None:
    times = np.concatenate([[0.0], np.cumsum(steps)])
    takes = EverySeconds(every).picker(len(times))
    taken = [index for index, seconds in enumerate(times) if takes(index, float(seconds))]
    spans = np.floor((times + 1e-6) / every)
    assert taken == [0, *(np.flatnonzero(np.diff(spans)) + 1).tolist()]


def test_fractions_of_a_second_add_up() -> None:
    takes = EverySeconds(0.1).picker(100)
    assert [index for index in range(50) if takes(index, index / 50)] == list(range(0, 50, 5))


@pytest.mark.parametrize(
    "wrong", [lambda: Evenly(0), lambda: EverySeconds(0), lambda: EverySeconds(float("nan"))]
)
def test_choices_that_cannot_be(wrong: type) -> None:
    with pytest.raises(ParameterError):
        wrong()


def test_all_frames() -> None:
    takes = AllFrames().picker(3)
    assert all(takes(index, 0.0) for index in range(3))
