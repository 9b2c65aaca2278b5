"""Annotated copies: the times of frames, the colours of boxes, what becomes of sizes, turns and faults."""

from pathlib import Path

import av
import numpy as np
import pytest

from align.media.video import VideoFrames
from align.media.video_choice import AllFrames
from common.runtime.errors import UserError
from infer.render import render, video_writer
from infer.render.marked_track import MarkedTrack
from infer.render.render import Annotation, render_video

from ...align.media.clips import with_display_matrix, write_clip

TIMES = [0, 4, 10, 11, 40]  # hundredths of a second
MAGENTA = "#ff00ff"
BOX = np.array([[20, 30, 70, 80]] * 2, np.float32)
ANNOTATION = Annotation(
    [MarkedTrack(np.array([0.0, 0.4]), BOX, ["face 0"] * 2, [MAGENTA] * 2)], 0.4, "synthetic: 0.99", MAGENTA
)


def is_magenta(pixel: np.ndarray) -> bool:
    return bool(np.abs(pixel.astype(int) - (255, 0, 255)).max() < 90)


@pytest.mark.parametrize("encoder", list(video_writer.ENCODERS))
def test_every_frame_keeps_its_time_and_has_its_boxes(
    encoder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(render, "best_encoder", lambda: encoder)
    grey = np.full((101, 121, 3), 90, np.uint8)
    source = write_clip(tmp_path / "a.mkv", [grey] * 5, codec="ffv1", pixels="bgr0", times=TIMES)
    done = render_video(source, tmp_path / "out" / "b.mp4", ANNOTATION)
    shown = list(VideoFrames(tmp_path / "out" / "b.mp4", AllFrames()))
    assert done.frames == len(shown) == 5 and "the copy has no sound" in done.notes
    assert [round(frame.seconds, 3) for frame in shown] == [time / 100 for time in TIMES]
    assert all(frame.image.shape == (100, 120, 3) for frame in shown)
    for frame in shown:
        assert is_magenta(frame.image[55, 20])
        assert any(map(is_magenta, frame.image[90:, 60:].reshape(-1, 3)))  # the headline
        assert np.abs(frame.image[55, 45].astype(int) - 90).max() < 20
    assert ("MPEG-4 part 2" in " ".join(done.notes)) == (encoder == "mpeg4")
    first = (tmp_path / "out" / "b.mp4").read_bytes()
    render_video(source, tmp_path / "out" / "b.mp4", ANNOTATION)
    assert (tmp_path / "out" / "b.mp4").read_bytes() == first
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["b.mp4"]


def test_a_copy_is_upright_no_larger_than_a_bound_and_ends_where_the_video_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(render, "LONGEST_SIDE", 60)
    tall = write_clip(tmp_path / "a.mp4", [np.full((64, 128, 3), 90, np.uint8)] * 20)
    tall.write_bytes(with_display_matrix(tall.read_bytes(), (0, 1, -1, 0)))
    render_video(tall, tmp_path / "b.mp4", ANNOTATION)
    with av.open(str(tmp_path / "b.mp4")) as copy:
        assert (copy.streams.video[0].height, copy.streams.video[0].width) == (60, 30)
    cut = write_clip(
        tmp_path / "c.mkv", [np.full((64, 128, 3), 90, np.uint8)] * 20, codec="ffv1", pixels="bgr0"
    )
    cut.write_bytes(cut.read_bytes()[:-300])
    done = render_video(cut, tmp_path / "d.mp4", ANNOTATION)
    assert 0 < done.frames < 20 and any("lacks its end" in note for note in done.notes)
    (tmp_path / "e.mp4").write_text("no video")
    with pytest.raises(UserError, match=r"e\.mp4: not a video"):
        render_video(tmp_path / "e.mp4", tmp_path / "f.mp4", ANNOTATION)
    assert not (tmp_path / "f.mp4").exists()
