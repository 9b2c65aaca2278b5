from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from align.media.video import VideoFrames
from align.media.video_choice import AllFrames
from benchmarks.filming.clips import prolonged
from facetrust.sample.clips.video_file import encoded_video


def test_a_prolonged_clip_shows_its_frames_again_and_again(tmp_path: Path) -> None:
    shades = [np.full((64, 64, 3), shade, np.uint8) for shade in (10, 80, 150, 220)]
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(encoded_video(shades, rate=4, quality=10))
    frames = list(VideoFrames(prolonged(clip, tmp_path / "long.mp4", seconds=3), AllFrames()))
    means = [round(float(frame.image.mean()), -1) for frame in frames]
    assert means == 3 * [10, 80, 150, 220]
    assert [frame.seconds for frame in frames] == [number / 4 for number in range(12)]


@pytest.mark.slow
def test_the_table_is_printed(
    repository: Path, run_commands: Callable[..., list[Any]], tmp_path: Path
) -> None:
    words = ["--count", "1", "--side", "200", "--every", "1", "--rounds", "1", "--no-memory"]
    (done,) = run_commands([[repository / "benchmarks" / "video.py", *words]], tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("plain loop", "limit", "align"):
        (row,) = (line for line in done.stdout.splitlines() if line.startswith(f"│ {name} "))
        assert all(float(cell.replace(",", "")) > 0 for cell in row.split("│")[2:-1])
