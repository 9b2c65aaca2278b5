"""Videos that are damaged, no videos, or made to do harm: each has its reason, and nothing is printed."""

import ctypes
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from align.media.unreadable import UnreadableImageError
from align.media.video import VideoFrames
from align.media.video_choice import AllFrames, Evenly
from align.media.video_limits import VideoLimits

from .clips import SIDE, number_of, numbered, with_reference, write_clip, write_sound

COUNT = 24
FASTSTART = {"movflags": "faststart"}
DAMAGES = 40  # of each clip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, frames = tmp_path_factory.mktemp("clips"), [numbered(number) for number in range(COUNT)]
    fragments = {"movflags": "frag_keyframe+empty_moov"}
    return {
        "head.mp4": write_clip(folder / "head.mp4", frames, options=FASTSTART, bf="2", g="8"),
        "fragments.mp4": write_clip(folder / "fragments.mp4", frames, options=fragments, g="8"),
        "h264.mkv": write_clip(folder / "h264.mkv", frames, bf="2", g="8"),
        "vp9.webm": write_clip(folder / "vp9.webm", frames, "libvpx-vp9", **{"cpu-used": "8", "g": "8"}),
        "mpeg4.avi": write_clip(folder / "mpeg4.avi", frames, "mpeg4", g="8"),
        "lossless.mkv": write_clip(folder / "lossless.mkv", frames, "ffv1"),
    }


def reason(path: Path, limits: VideoLimits = VideoLimits()) -> str:  # noqa: B008
    with pytest.raises(UnreadableImageError) as raised:
        list(VideoFrames(path, AllFrames(), limits))
    return str(raised.value)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """A part of it overwritten, removed, doubled, or everything behind it cut off."""
    start = chance.randrange(len(content))
    end = min(len(content), start + chance.choice((1, 4, 32, 400)))
    part = content[start:end]
    changed = (chance.randbytes(len(part)), bytes(len(part)), b"\xff" * len(part), b"", part * 2)
    return (
        content[:start] if chance.random() < 0.3 else content[:start] + chance.choice(changed) + content[end:]
    )


@pytest.mark.slow
def test_damaged_clips_give_frames_or_a_reason(
    whole: dict[str, Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)
    told = []
    for name, path in whole.items():
        for number in range(DAMAGES):
            copy = tmp_path / f"{number}-{name}"
            copy.write_bytes(damaged(path.read_bytes(), chance))
            frames = VideoFrames(copy, AllFrames(), VideoLimits(decode_seconds=20))
            try:
                seconds = [frame.seconds for frame in frames if frame.image.shape[2] == 3]
            except UnreadableImageError as error:
                told.append(str(error))
                continue
            assert 0 < len(seconds) <= 2 * COUNT and all(np.diff(seconds) > 0)
    assert len(told) > 20 and all(text and "\n" not in text and str(tmp_path) not in text for text in told)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


@pytest.mark.parametrize("name", ["head.mp4", "h264.mkv", "vp9.webm", "mpeg4.avi", "lossless.mkv"])
def test_of_a_clip_without_its_end_the_beginning_is_given(
    name: str, whole: dict[str, Path], tmp_path: Path
) -> None:
    content = whole[name].read_bytes()
    with av.open(str(whole[name])) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    for place in (places[9], places[16], places[20]):
        path = tmp_path / name
        path.write_bytes(content[: (place or 0) + 12])
        frames = VideoFrames(path, AllFrames())
        numbers = [number_of(frame.image) for frame in frames]
        sure = (
            len(numbers) - 3
        )  # behind them a frame may be there that comes earlier in the file than in time
        assert numbers[:sure] == list(range(sure)) and numbers == sorted(set(numbers))
        assert 6 < len(numbers) < COUNT and frames.truncated
    whole_frames = VideoFrames(whole[name], AllFrames())
    assert len(list(whole_frames)) == COUNT and not whole_frames.truncated


def test_damage_within_a_clip_ends_it(whole: dict[str, Path], tmp_path: Path) -> None:
    content = bytearray(whole["lossless.mkv"].read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = b"\x55" * 40
    path = tmp_path / "damaged.mkv"
    path.write_bytes(content)
    frames = VideoFrames(path, Evenly(24))
    numbers = [number_of(frame.image) for frame in frames]
    assert numbers == list(range(len(numbers))) and 6 < len(numbers) < 18 and frames.truncated


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "an empty file, not a video"),
        (b"only words\n" * 40, "not a video but a text"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a video but a text"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a video but a text"),
        (b"\xff\xd8\xff\xe0" + bytes(99), "not a video but an image"),
        (b"\0\0\1\xba" + bytes(99), "MPEG video is not read; convert it to H.264 in MP4"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "damaged video"),
        (b"\x1a\x45\xdf\xa3" + bytes(400), "damaged video"),
        (b"RIFF\x90\0\0\0AVI LIST" + bytes(200), "damaged video"),
        (bytes(range(128, 256)) * 20, "not a video"),
    ],
)
def test_what_is_no_video(content: bytes, text: str, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert reason(path).startswith(text)


def test_sound_alone_and_folders(tmp_path: Path) -> None:
    assert reason(write_sound(tmp_path / "clip.mp4")) == "not a video but sound alone"
    assert reason(tmp_path) == "not a file"


def test_of_two_streams_of_moving_pictures_none_is_chosen(tmp_path: Path) -> None:
    """Players show the one that is called the default or is larger, which need not be the first."""
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("ffv1", rate=25, options={"threads": "1"}) for _ in range(2)]
        for stream in streams:
            stream.width = stream.height = SIDE
            stream.pix_fmt = "yuv420p"
        for number, stream in enumerate(streams):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(number), "rgb24")))
            container.mux(stream.encode(None))
    told = "a video with 2 streams of moving pictures, any of which a player may show; keep one"
    assert reason(path) == told


def test_a_head_without_frames(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", [numbered(1)], options=FASTSTART)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"mdat") + 4])
    assert reason(path).startswith("damaged video")


def test_each_limit_is_told_by_its_name(whole: dict[str, Path]) -> None:
    path = whole["head.mp4"]
    assert reason(path, VideoLimits(bytes=100)) == "a file of more than 0.0001 MB"
    assert reason(path, VideoLimits(pixels=1000)) == "32x32 is more than 1,000 pixels for a video"
    assert reason(path, VideoLimits(seconds=0.5)) == "a video of more than 0.5 seconds"
    assert reason(path, VideoLimits(frames=20)) == "a video of more than 20 frames"
    assert reason(path, VideoLimits(decode_seconds=0)) == "a video that takes more than 0 seconds to decode"
    assert list(VideoFrames(path, Evenly(1), VideoLimits(2**20, 1024, 1, COUNT, 60)))


def test_more_frames_than_a_header_says_are_counted(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.avi", [numbered(number) for number in range(COUNT)], "mpeg4")
    content = bytearray(path.read_bytes())
    for at in (content.index(b"avih") + 8 + 16, content.index(b"strh") + 8 + 32):
        content[at : at + 4] = (3).to_bytes(4, "little")
    path.write_bytes(content)
    assert [number_of(frame.image) for frame in VideoFrames(path, Evenly(2))] == [0, COUNT - 1]


def test_a_size_beyond_the_limit_is_refused_although_the_header_tells_less(tmp_path: Path) -> None:
    frames = [numbered(1, 320, 320)]
    path = write_clip(tmp_path / "clip.mp4", frames)
    content = bytearray(path.read_bytes())
    at = content.index(b"avc1") + 4 + 24
    content[at : at + 4] = b"\0\x20\0\x20"
    path.write_bytes(content)
    assert re.search("320x320 is more than 5,000 pixels|damaged", reason(path, VideoLimits(pixels=5000)))


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[tuple[Path, "Watch"]]:
    path = write_clip(tmp_path / "canary.mov", [numbered(77)], "rawvideo", "rgb24")
    watch = Watch(path)
    yield path, watch
    watch.close()


def reference_movie(path: Path) -> Path:
    """A movie beside that at the path, where it has its pictures."""
    own = write_clip(path.with_name("own.mov"), [numbered(5)], "rawvideo", "rgb24")
    movie = path.with_name("reference.mov")
    movie.write_bytes(with_reference(own.read_bytes(), path))
    return movie


class Watch:
    """Whether any code of this machine opens a file, libav's among it."""

    def __init__(self, path: Path) -> None:
        system = ctypes.CDLL(None)
        self._descriptor = system.inotify_init1(os.O_NONBLOCK)
        in_open = 0x20
        assert system.inotify_add_watch(self._descriptor, os.fsencode(path), in_open) > 0

    def has_seen(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs inotify")
def test_no_other_file_is_opened(canary: tuple[Path, Watch], tmp_path: Path) -> None:
    path, watch = canary
    reference_movie(path)
    lists = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        "list.mp4": f"ffconcat version 1.0\nfile '{path}'\n",
        "concat.avi": f"concat:{path}|{path}",
        "dash.mpd": f"<?xml version='1.0'?><MPD><BaseURL>file://{path}</BaseURL></MPD>",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
    for name in ("reference.mov", *lists):
        reason(tmp_path / name)
    assert not watch.has_seen()
    path.read_bytes()
    assert watch.has_seen()


def test_a_reference_movie_would_be_followed_by_libav_if_it_were_let(
    canary: tuple[Path, Watch],
) -> None:
    path, watch = canary
    options = {"enable_drefs": "1", "use_absolute_path": "1"}
    with av.open(str(reference_movie(path)), options=options) as container:
        (frame,) = container.decode(video=0)
    assert number_of(frame.to_ndarray(format="rgb24")) == 77 and watch.has_seen()
