"""Times of frames that files tell badly."""

from fractions import Fraction
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from av.packet import Packet
from av.video.stream import VideoStream
from hypothesis import given
from hypothesis import strategies as st

from align.media.unreadable import UnreadableImageError
from align.media.video_limits import USUAL_LIMITS, VideoLimits
from align.media.video_times import FrameTimes


def packet(stamp: int | None) -> "Packet[VideoStream]":
    return cast("Packet[VideoStream]", SimpleNamespace(pts=stamp, dts=stamp))


def times_of(
    stamps: list[int | None],
    unit: Fraction | None = Fraction(1, 100),
    limits: VideoLimits = USUAL_LIMITS,
    in_order: bool = False,
) -> FrameTimes:
    stream = cast(VideoStream, SimpleNamespace(time_base=unit, average_rate=Fraction(10)))
    times = FrameTimes(stream, limits, in_order)
    for stamp in stamps:
        times.add(packet(stamp))
    times.finish()
    return times


@given(st.lists(st.one_of(st.none(), st.integers(-50, 5000)), min_size=1, max_size=50), st.booleans())
def test_positions_and_seconds_always_increase(stamps: list[int | None], in_order: bool) -> None:
    times = times_of(stamps, in_order=in_order)
    places = np.array([times.place(stamp) for stamp in [*stamps, None]])
    assert (np.diff(places, axis=0) > 0).all() and places[0, 1] == 0


def test_equal_and_missing_time_stamps_are_a_step_apart() -> None:
    stamps = [5, 5, None, 5, 105]
    times = times_of(stamps)
    assert [times.place(stamp)[1] for stamp in stamps] == pytest.approx([0, 0.1, 0.2, 0.3, 1.0])
    times = times_of([5, 9], unit=None)
    assert [times.place(stamp)[1] for stamp in (5, 9)] == pytest.approx([0, 0.1])


def test_a_frame_that_was_not_decoded_leaves_its_place() -> None:
    times = times_of([30, 10, 20, 40])  # in the order of packets
    assert [times.place(stamp)[0] for stamp in (10, 30, 40)] == [0, 2, 3]
    equal = times_of([10, 10, 30])
    assert [equal.place(stamp)[0] for stamp in (10, 10, 30)] == [0, 1, 2]


def test_frames_are_shown_in_order_where_packets_tell_no_more() -> None:
    times = times_of([0, 10, 20, 60], in_order=True)
    assert [times.place(stamp)[1] for stamp in (0, 20, 10, 60)] == pytest.approx([0, 0.1, 0.2, 0.6])


def test_too_many_and_too_far_apart() -> None:
    with pytest.raises(UnreadableImageError, match="more than 1 frames"):
        times_of([0, 1], limits=VideoLimits(frames=1))
    with pytest.raises(UnreadableImageError, match="more than 9 seconds"):
        times_of([0, 901], limits=VideoLimits(seconds=9))
    times = times_of([0, 1], limits=VideoLimits(seconds=9))
    times.place(0)
    with pytest.raises(UnreadableImageError, match="more than 9 seconds"):
        times.place(901)
