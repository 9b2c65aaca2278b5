"""Videos decoded in a process of their own."""

from pathlib import Path

import numpy as np
import pytest

from align.media.unreadable import UnreadableImageError
from align.media.video import VideoFrames
from align.media.video_choice import AllFrames, Evenly
from align.media.video_limits import VideoLimits
from align.media.video_process import GuardedFrames

from .clips import numbered, write_clip
from .hanging import CrashingFrames, HangingFrames

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mkv", map(numbered, range(9)))


def test_the_frames_are_the_same(clip: Path, tmp_path: Path) -> None:
    guarded = GuardedFrames(VideoFrames(clip, AllFrames()))
    for frame, other in zip(VideoFrames(clip, AllFrames()), guarded, strict=True):
        assert (frame.index, frame.seconds) == (other.index, other.seconds)
        assert np.array_equal(frame.image, other.image)
    assert not guarded.truncated
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(clip.read_bytes()[:-200])
    guarded = GuardedFrames(VideoFrames(cut, Evenly(2)))
    assert list(guarded) and guarded.truncated
    with pytest.raises(UnreadableImageError, match="no such file"):
        list(GuardedFrames(VideoFrames(tmp_path / "none.mp4", AllFrames())))
    assert next(iter(GuardedFrames(VideoFrames(clip, AllFrames())))).index == 0  # and no more is wanted


def test_a_decoder_that_hangs_is_ended(clip: Path) -> None:
    frames = iter(GuardedFrames(HangingFrames(clip, AllFrames(), VideoLimits(decode_seconds=0.5))))
    assert next(frames).index == 0
    with pytest.raises(UnreadableImageError, match=r"takes more than 0\.5 seconds to decode"):
        next(frames)


def test_a_decoder_that_crashes_is_told(clip: Path, capfd: pytest.CaptureFixture[str]) -> None:
    frames = iter(GuardedFrames(CrashingFrames(clip, AllFrames())))
    assert next(frames).index == 0
    with pytest.raises(UnreadableImageError, match="its decoder crashed"):
        next(frames)
    assert capfd.readouterr().err == ""
