"""Short clips, written by libav, whose frames show their own numbers."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
SIDE = 32  # pixels
BITS = 8  # of a number, as black and white fields of 8 x 16 pixels


def numbered(number: int, height: int = SIDE, width: int = SIDE) -> Pixels:
    """A frame (H, W, 3) that shows a number below 256; the last field is that of the lowest bit."""
    fields = np.array([number >> bit & 1 for bit in reversed(range(BITS))], np.uint8).reshape(2, 4)
    shown = np.kron(fields, np.ones((SIDE // 2, SIDE // 4), np.uint8)) * 200 + 20
    canvas = np.full((height, width), 128, np.uint8)
    canvas[:SIDE, :SIDE] = shown
    return np.repeat(canvas[..., None], 3, 2)


def number_of(image: Pixels) -> int:
    """The number that a frame shows."""
    fields = image[SIDE // 4 : SIDE : SIDE // 2, SIDE // 8 : SIDE : SIDE // 4, 1].ravel() > 120
    return int("".join(str(int(field)) for field in fields), 2)


def write_clip(
    path: Path,
    frames: Iterable[Pixels],
    codec: str = "libx264",
    pixels: str = "yuv420p",
    times: Sequence[int] | None = None,  # in hundredths of a second; by default 25 frames are shown in one
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,  # of the container
    **encoder: str,
) -> Path:
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=25, options={"threads": "1", **encoder})
        stream.pix_fmt = pixels
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 100)
        for number, image in enumerate(frames):
            if number == 0:
                stream.height, stream.width = image.shape[:2]
                if aspect is not None:
                    stream.codec_context.sample_aspect_ratio = aspect
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(image), "rgb24" if image.shape[2] == 3 else "rgba"
            )
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, 25 if times is None else 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    """A file of sound alone."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        for start in range(0, 8192, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.rate, frame.pts = 8000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def with_display_matrix(content: bytes, matrix: Sequence[int]) -> bytes:
    """An MP4 file whose first track is shown by a matrix (a, b, c, d)."""
    at = content.index(b"tkhd") + 4 + 40  # version 0
    a, b, c, d = (value << 16 for value in matrix)
    fields = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], ">i4").tobytes()
    return content[:at] + fields + content[at + len(fields) :]


def with_reference(content: bytes, path: Path) -> bytes:
    """A QuickTime file, its moov box last, whose first track has its pictures in another file."""
    name = str(path).encode()
    name += b"\0" * (len(name) % 2)
    fields = bytes(10) + b"\0" + bytes(27) + bytes(12) + b"\0" + bytes(63) + bytes(16) + bytes(4) + bytes(16)
    levels = b"\0\2" + len(name).to_bytes(2, "big") + name + b"\xff\xff\0\0"
    entry = b"alis" + bytes(4) + fields + levels
    entry = (len(entry) + 4).to_bytes(4, "big") + entry
    at = content.index(b"dref") + 12  # behind type, version and count
    grown = len(entry) - 12  # in place of the entry for the file itself
    result = bytearray(content[:at] + entry + content[at + 12 :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        place = result.index(box) - 4
        length = int.from_bytes(result[place : place + 4], "big") + grown
        result[place : place + 4] = length.to_bytes(4, "big")
    return bytes(result)
