"""H.264 in MP4, the same bytes for the same frames."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction

from facetrust.sample.photography.camera import Image


def encoded_video(frames: Sequence[Image], rate: int, quality: int) -> bytes:
    """An MP4 file of RGB frames (H, W, 3) of even height and width.

    rate: frames a second; quality: x264's constant rate factor, 0 lossless .. 51 worst.
    """
    import av
    from av.codec.context import Flags

    height, width = frames[0].shape[:2]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate, {"crf": str(quality), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= Flags.bitexact
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
