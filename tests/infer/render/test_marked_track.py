import numpy as np

from infer.render.marked_track import MarkedTrack
from infer.render.render import usual_step


def test_a_box_moves_evenly_between_sightings_and_is_held_where_one_is_missing() -> None:
    seconds = np.array([1.0, 1.2, 1.8, 2.0])
    left = np.array([0, 10, 40, 400], np.float32)  # the last one is elsewhere
    boxes = np.stack([left, np.zeros(4), left + 60, np.full(4, 80)], axis=1).astype(np.float32)
    track = MarkedTrack(seconds, boxes, list("abcd"), ["#000000"] * 4)
    step = usual_step(np.array([0.8, 1.4, 1.6, *seconds]))

    def at(time: float) -> tuple[float, str, bool] | None:
        mark = track.at(time, step)
        return None if mark is None else (round(float(mark.box[0]), 3), mark.label, mark.seen)

    assert round(step, 6) == 0.2
    assert at(1.0) == (0, "a", True) and at(1.05) == (2.5, "a", False) and at(1.15) == (7.5, "b", False)
    assert at(1.25) == (10, "b", False) and at(1.5) is None and at(1.75) == (40, "c", False)
    assert at(1.88) == (40, "c", False) and at(1.95) == (400, "d", False)  # no flight across the frame
    assert at(0.95) == (0, "a", False) and at(0.8) is None and at(2.2) is None
