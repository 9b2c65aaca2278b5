import pytest

from align.media.video_choice import AllFrames, Evenly, EverySeconds
from align.tracks.options import USUAL_FRAMES, ClipOptions
from common.runtime.errors import UserError


def test_the_choices() -> None:
    assert USUAL_FRAMES.choice == Evenly(32) == ClipOptions(frames=32).choice
    assert ClipOptions(every=0.5).choice == EverySeconds(0.5)
    assert ClipOptions(all_frames=True).choice == AllFrames()
    assert [ClipOptions(every=0.5).most_frames, ClipOptions(frames=3).most_frames] == [None, 3]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"frames": 8, "every": 1.0}, "exclude each other"),
        ({"every": 1.0, "all_frames": True}, "exclude each other"),
        ({"frames": 0}, "1 or more"),
        ({"every": -1.0}, "above 0 seconds"),
        ({"every": float("nan")}, "above 0 seconds"),
    ],
)
def test_what_is_refused(given: dict[str, float], told: str) -> None:
    with pytest.raises(UserError, match=told):
        ClipOptions(**given)
