"""Videos: every frame in its place, as it is shown, by count and time."""

import gc
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from align.media.unreadable import UnreadableImageError
from align.media.video import Frame, VideoFrames
from align.media.video_choice import AllFrames, Evenly, EverySeconds, FrameChoice

from .clips import number_of, numbered, with_display_matrix, write_clip

COUNT = 40
ALL = AllFrames()
KINDS = {  # name: codec, colours, options of the encoder
    "b-frames.mp4": ("libx264", "yuv420p", {"bf": "3", "g": "12"}),
    "open-groups.mkv": ("libx264", "yuv420p", {"bf": "3", "g": "10", "x264-params": "open-gop=1"}),
    "ten-bit.mkv": ("libx264", "yuv420p10le", {}),
    "ten-bit.mp4": ("libx265", "yuv420p10le", {"x265-params": "log-level=none:pools=none"}),
    "full-colour.mov": ("libx264", "yuv444p", {}),
    "prores.mov": ("prores_ks", "yuv422p10le", {}),
    "vp9.webm": ("libvpx-vp9", "yuv420p", {"auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8"}),
    "vp8.webm": ("libvpx", "yuv420p", {"auto-alt-ref": "1", "lag-in-frames": "16", "cpu-used": "8"}),
    "mpeg4.avi": ("mpeg4", "yuv420p", {"bf": "2"}),
    "x264.avi": ("libx264", "yuv420p", {"bf": "2"}),
    "motion-jpeg.avi": ("mjpeg", "yuvj422p", {}),
    "lossless.mkv": ("ffv1", "yuv422p", {}),
}


def read(path: Path, choice: FrameChoice = ALL) -> tuple[list[Frame], bool]:
    frames = VideoFrames(path, choice)
    return list(frames), frames.truncated


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_of_a_container_is_read_in_its_place(name: str, tmp_path: Path) -> None:
    codec, pixels, encoder = KINDS[name]
    path = write_clip(tmp_path / name, map(numbered, range(COUNT)), codec, pixels, **encoder)
    frames, truncated = read(path)
    assert [number_of(frame.image) for frame in frames] == list(range(COUNT))
    assert [frame.index for frame in frames] == list(range(COUNT))
    assert np.allclose([frame.seconds for frame in frames], np.arange(COUNT) / 25, atol=1e-3)
    assert not truncated
    some, _ = read(path, Evenly(7))
    assert [number_of(frame.image) for frame in some] == np.linspace(0, COUNT - 1, 7, dtype=int).tolist()


def test_frames_are_chosen_by_the_time_that_they_are_shown(tmp_path: Path) -> None:
    times = [0, 4, 8, 12, 90, 101, 105, 330, 334]
    path = write_clip(tmp_path / "clip.mkv", map(numbered, range(len(times))), times=times, bf="2")
    frames, _ = read(path)
    assert np.allclose([frame.seconds for frame in frames], np.divide(times, 100), atol=2e-3)
    assert [frame.index for frame in read(path, EverySeconds(1))[0]] == [0, 5, 7]
    assert [frame.index for frame in read(path, EverySeconds(0.1))[0]] == [0, 3, 4, 5, 7]


@pytest.mark.parametrize(("height", "width"), [(33, 47), (35, 32), (64, 33)])
def test_odd_sizes(height: int, width: int, tmp_path: Path) -> None:
    image = numbered(200, height, width)
    frames, _ = read(write_clip(tmp_path / "clip.mkv", [image], "ffv1", "bgr0"))
    assert np.array_equal(frames[0].image, image) and frames[0].image.flags.c_contiguous


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", range(4))
def test_the_display_matrix_is_obeyed(turns: int, mirrored: bool, tmp_path: Path) -> None:
    image = numbered(0b10110001, 32, 48)
    image[:, 40:] = (220, 30, 30)
    path = write_clip(tmp_path / "clip.mp4", [image], pixels="yuv444p", qp="1")
    step = np.array([[0, 1], [-1, 0]])  # a quarter clockwise, y down
    a, b, c, d = (np.diag([-1 if mirrored else 1, 1]) @ np.linalg.matrix_power(step, turns)).ravel().tolist()
    path.write_bytes(with_display_matrix(path.read_bytes(), (a, b, c, d)))
    shown = np.rot90(image[:, ::-1] if mirrored else image, -turns)
    found = read(path)[0][0].image
    assert found.shape == shown.shape and np.abs(found.astype(int) - shown).mean() < 6


def test_pixels_become_square(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", [numbered(9)], aspect=Fraction(3, 2))
    assert read(path)[0][0].image.shape == (32, 48, 3)
    path = write_clip(tmp_path / "tall.mp4", [numbered(9)], aspect=Fraction(1, 2))
    assert read(path)[0][0].image.shape == (64, 32, 3)


@pytest.mark.parametrize(("matrix", "name"), [(1, "bt709"), (5, "bt470bg"), (6, "smpte170m"), (2, "unknown")])
def test_colours_are_those_of_the_tagged_matrix(matrix: int, name: str, tmp_path: Path) -> None:
    weights = (0.2126, 0.0722) if matrix == 1 else (0.299, 0.114)
    red, green, blue = colour = np.array([200, 60, 90]) / 255
    luma = weights[0] * red + (1 - sum(weights)) * green + weights[1] * blue
    chroma = (blue - luma) / (2 - 2 * weights[1]), (red - luma) / (2 - 2 * weights[0])
    planes = np.array([16 + 219 * luma, 128 + 224 * chroma[0], 128 + 224 * chroma[1]]).round()
    path = write_planes(tmp_path / "clip.mp4", planes, matrix)
    assert np.abs(read(path)[0][0].image - colour * 255).max() <= 2, name


def write_planes(path: Path, planes: np.ndarray, matrix: int) -> Path:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0", "threads": "1"})
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv444p"
        stream.codec_context.colorspace = matrix
        flat = np.broadcast_to(planes[:, None, None], (3, 32, 32)).astype(np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(flat), "yuv444p")))
        container.mux(stream.encode(None))
    return path


def test_black_and_white_keep_their_range(tmp_path: Path) -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[:, 16:] = 255
    for codec, pixels in (("libx264", "yuv420p"), ("mjpeg", "yuvj420p"), ("ffv1", "gray10le")):
        found = read(write_clip(tmp_path / f"{pixels}.mkv", [image], codec, pixels))[0][0].image
        assert found[:, :12].max() <= 3 and found[:, 20:].min() >= 252, pixels


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    image = np.zeros((32, 32, 4), np.uint8)
    image[:, 16:, 3] = 255
    found = read(write_clip(tmp_path / "clip.mov", [image], "qtrle", "argb"))[0][0].image
    assert (found[:, :16] == 255).all() and (found[:, 16:] == 0).all()


def test_frames_before_the_start_of_an_edit_list_are_not_shown(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", map(numbered, range(30)), bf="0", g="30")
    content = bytearray(path.read_bytes())
    at = content.index(b"elst") + 4 + 8 + 4  # behind version, count and duration: where the media starts
    content[at : at + 4] = (10 * 512).to_bytes(4, "big")  # of 12,800 a second
    path.write_bytes(content)
    assert [number_of(frame.image) for frame in read(path, Evenly(2))[0]] == [10, 29]


def test_reading_may_end_early_and_begin_again(tmp_path: Path) -> None:
    frames = VideoFrames(write_clip(tmp_path / "clip.mp4", map(numbered, range(9))), AllFrames())
    assert next(iter(frames)).index == 0
    assert [frame.index for frame in frames] == list(range(9))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "timit/fake/fadg0_si1279-video-fram1_lower.avi",
        "timit/real/fadg0-original.mov",
    ],
)
def test_real_clips_have_the_frames_that_opencv_finds(name: str, shared: Path) -> None:
    """Pixel for pixel, so that crops are what everyone's extraction of frames gives."""
    path = shared / "video" / name
    frames = VideoFrames(path, AllFrames())
    others = cv2.VideoCapture(str(path))
    for frame in frames:
        found, other = others.read()
        assert found and np.abs(frame.image.astype(int) - other[..., ::-1]).max() <= 1
    assert not others.read()[0] and not frames.truncated


def test_no_choice_reads_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="no such file"):
        read(tmp_path / "none.mp4")


def test_frames_leave_memory_one_by_one(tmp_path: Path) -> None:
    """A circle of references, which is collected after many frames, would hold hundreds of pictures."""
    path = write_clip(tmp_path / "clip.mp4", map(numbered, range(9)))
    gc.collect()
    gc.disable()
    try:
        for _ in VideoFrames(path, AllFrames()):
            assert sum(type(each) is av.VideoFrame for each in gc.get_objects()) <= 3
    finally:
        gc.enable()
