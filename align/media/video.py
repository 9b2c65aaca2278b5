"""The frames of a video file, read one by one within bounds."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from av import VideoFrame
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from align.media.unreadable import NO_MEMORY, UnreadableImageError
from align.media.video_choice import FrameChoice
from align.media.video_file import VideoFile, VideoSource
from align.media.video_limits import USUAL_LIMITS, VideoLimits
from align.media.video_picture import PictureMaker
from align.media.video_stream import DAMAGE, open_video
from align.media.video_times import FrameTimes


@dataclass(frozen=True)
class Frame:
    """A frame of a video."""

    index: int  # among all that were decoded, from 0
    seconds: float  # since the first one; increases from frame to frame
    image: NDArray[np.uint8]  # (H, W, 3) RGB, upright, of square pixels


class VideoFrames:
    """The chosen frames of a video's stream of moving pictures, in the order in which they are shown.

    The file is read twice, by packets and then by pictures, so that frames are counted and no header is
    believed; one picture at a time is in memory. Reading ends at the first damage: what comes before it is
    given, and `truncated` says so.

    Args:
        source: MP4, QuickTime, Matroska, WebM or AVI, by its bytes and whatever its name.
        choice: which frames.
        limits: of the file, its frames, and the time that decoding takes in one thread.

    Attributes:
        truncated: whether the file lacks its end or is damaged; known once its frames were read.

    Iterating raises UnreadableImageError, at the start or later, for a file without a frame that can be read
    and for one beyond its limits; frames that were given before it remain good.

    >>> for frame in VideoFrames(Path("clip.mp4"), Evenly(32)):
    ...     print(frame.index, frame.seconds, frame.image.shape)
    """

    def __init__(self, source: VideoSource, choice: FrameChoice, limits: VideoLimits = USUAL_LIMITS) -> None:
        self.source, self.choice, self.limits = source, choice, limits
        self.truncated = False

    def __iter__(self) -> Iterator[Frame]:
        with VideoFile(self.source, self.limits) as file:
            self.truncated = file.is_cut
            with file.clock:
                times = self._look_through(file)
                container, stream = open_video(file, self.limits)
            with container:
                yield from self._choose(file, self._decode(file, container, stream), stream, times)

    def _look_through(self, file: VideoFile) -> FrameTimes:
        """How many frames the packets hold and when they are shown; none is decoded."""
        container, stream = open_video(file, self.limits)
        times = FrameTimes(stream, self.limits, in_order=file.demuxer == "avi")
        with container, suppress(*DAMAGE):  # the second reading meets it too, and tells it
            for packet in container.demux(stream):
                file.check()
                if packet.size and not packet.is_discard:  # which an edit list leaves out
                    times.add(packet)
        file.check()
        times.finish()
        return times

    def _choose(
        self, file: VideoFile, decoded: Iterator[VideoFrame], stream: VideoStream, times: FrameTimes
    ) -> Iterator[Frame]:
        takes = self.choice.picker(times.count)
        maker = PictureMaker(stream.sample_aspect_ratio, self.limits)
        index = -1
        while True:
            with file.clock:
                frame = next(decoded, None)
                file.check()
                if frame is None:
                    break
                index += 1
                self.limits.check_count(index + 1)
                position, seconds = times.place(frame.pts)
                image = _picture(maker, frame) if takes(position, seconds) else None
            if image is not None:
                yield Frame(index, seconds, image)
        if index < 0:
            raise UnreadableImageError("damaged video (none of its frames can be decoded)")

    def _decode(
        self, file: VideoFile, container: InputContainer, stream: VideoStream
    ) -> Iterator[VideoFrame]:
        """The frames before the first damage; what is damaged before the first frame is passed over."""
        packets = (packet for packet in container.demux(stream) if packet.size)  # an empty one would end all
        started = ended = False
        while not ended:
            file.check()
            frames: list[VideoFrame] = []
            try:
                packet = next(packets, None)
                corrupt = packet is not None and packet.is_corrupt
                self.truncated |= corrupt
                ended = packet is None or (corrupt and started)
                frames = stream.decode(None if ended else packet)
            except MemoryError as error:
                raise UnreadableImageError(NO_MEMORY) from error
            except DAMAGE:
                self.truncated = True
                if started and not ended:
                    ended = True
                    with suppress(*DAMAGE):
                        frames = stream.decode(None)  # what waits to be shown
            for frame in frames:
                if frame.is_corrupt:
                    self.truncated = True
                    if started:
                        return
                else:
                    started = True
                    yield frame


def _picture(maker: PictureMaker, frame: VideoFrame) -> NDArray[np.uint8]:
    try:
        return maker.picture_of(frame)
    except MemoryError as error:
        raise UnreadableImageError(NO_MEMORY) from error
    except DAMAGE as error:
        raise UnreadableImageError(f"video in the colours {frame.format.name} is not read") from error
