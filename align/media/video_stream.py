"""The pictures of a video file, opened by libav so that it reads this file alone and stays within bounds."""

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from align.media.unreadable import NO_MEMORY, UnreadableImageError
from align.media.video_container import CONVERT
from align.media.video_file import VideoFile
from align.media.video_limits import VideoLimits
from common.runtime.errors import first_line

# those of phones, cameras, editors and data sets; the two hundred others of libav are the least tested
CODECS = frozenset({
    "av1", "cinepak", "dnxhd", "dvvideo", "ffv1", "ffvhuff", "flv1", "h263", "h264", "hevc", "huffyuv",
    "mjpeg", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v1", "msmpeg4v2", "msmpeg4v3", "png", "prores",
    "qtrle", "rawvideo", "svq1", "svq3", "theora", "utvideo", "vc1", "vp6f", "vp8", "vp9", "wmv1", "wmv2",
    "wmv3",
})  # fmt: skip
# what PyAV raises for damage: libav's errors, and Python's for values that cannot be
DAMAGE = (av.FFmpegError, ValueError, ArithmeticError, RuntimeError)


def open_video(file: VideoFile, limits: VideoLimits) -> tuple[InputContainer, VideoStream]:
    """A container at its start, to be closed, and its stream of moving pictures.

    The demuxer is the one that the file's bytes tell, so that libav looks for no other, such as one for play
    lists. Raises UnreadableImageError for a head that is damaged, and where there are no moving pictures,
    several streams of them, or none that are small enough and of a codec that is read.
    """
    file.seek(0)
    try:
        container = av.open(
            file,
            "r",
            format=file.demuxer,
            options={"max_pixels": _most_stored(limits), "threads": "1"},
            metadata_errors="replace",
            io_open=file.refuse_other,
        )
    except MemoryError as error:
        raise UnreadableImageError(NO_MEMORY) from error
    except DAMAGE as error:
        file.check()
        raise UnreadableImageError(f"damaged video ({_without_name(error)})") from error
    try:
        file.check()
        return container, _pictures(container, limits)
    except BaseException:
        container.close()
        raise


def _pictures(container: InputContainer, limits: VideoLimits) -> VideoStream:
    streams = container.streams.video
    moving = [stream for stream in streams if not stream.disposition & Disposition.attached_pic]
    if not moving:
        sound = bool(container.streams.audio)
        raise UnreadableImageError("not a video but sound alone" if sound else "a video without pictures")
    if len(moving) > 1:  # a bona fide one could stand before the one that players show
        raise UnreadableImageError(
            f"a video with {len(moving)} streams of moving pictures, any of which a player may show; keep one"
        )
    (stream,) = moving
    context = stream.codec_context
    codec = context.codec.canonical_name if context is not None else "unknown"
    if codec not in CODECS:
        raise UnreadableImageError(f"video of the codec {codec} is not read; {CONVERT}")
    if context.width and context.height:
        limits.check_frame(context.width, context.height)
    context.thread_count = 1
    context.options = {"max_pixels": _most_stored(limits)}
    return stream


def _most_stored(limits: VideoLimits) -> str:
    """For libav, which counts what pads the pictures too: a bound for what no header told."""
    return str(2 * limits.pixels + 2**16)


def _without_name(error: BaseException) -> str:
    return first_line(getattr(error, "strerror", None) or error)
