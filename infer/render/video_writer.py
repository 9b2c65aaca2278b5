"""A video file that is written frame by frame, each shown at a time of its own."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

UNIT = Fraction(1, 60_000)  # seconds: MPEG-4 has 16 bits for it; frames of 25, 30 and 30/1.001 Hz are whole
USUAL_RATE = 25  # for the rate control alone, since every frame has a time
THREADS = 4  # of the encoder: another number gives other bytes
# libav may be built without x264; MPEG-4 part 2 it always has
ENCODERS = {
    "libx264": {"preset": "veryfast", "crf": "20"},
    "mpeg4": {"qmin": "2", "qmax": "4"},
}


def best_encoder() -> str:
    """The encoder of `ENCODERS` that this build of libav has."""
    return next(name for name in ENCODERS if name in av.codecs_available)


def write_video(path: Path, frames: Iterable[tuple[NDArray[np.uint8], float]], encoder: str) -> None:
    """Write an MP4 without sound, whatever the suffix of `path`.

    Frames are (H, W, 3) RGB of one size, even both ways, each with the seconds at which it is shown, which
    increase.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        options = {**ENCODERS[encoder], "threads": str(THREADS)}
        stream = cast(VideoStream, container.add_stream(encoder, rate=USUAL_RATE, options=options))
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = UNIT
        last = -1
        for image, seconds in frames:
            if last < 0:
                stream.height, stream.width = image.shape[:2]
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            last = max(last + 1, round(seconds / UNIT))
            frame.pts, frame.time_base = last, UNIT
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
