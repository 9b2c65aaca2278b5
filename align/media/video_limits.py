"""The bounds of a video: what its file, its frames and the work of decoding them may come to."""

from dataclasses import dataclass
from time import thread_time
from types import TracebackType

from align.media.unreadable import UnreadableImageError, check_size


@dataclass(frozen=True)
class VideoLimits:
    """The most that is read of a video; more of anything is an UnreadableImageError that names it."""

    bytes: int = 8_000_000_000  # of the file
    pixels: int = 32_000_000  # of a frame: 5.3K is less, 8K more
    seconds: float = 4 * 3600  # from the first frame to the last
    frames: int = 500_000  # as they are found and decoded, whatever the header says
    decode_seconds: float = 1800  # of the processor, for one reading of the file

    def check_frame(self, width: int, height: int) -> None:
        """Judge a frame by its pixels. Raises UnreadableImageError for one too large, small or narrow."""
        if width * height > self.pixels:
            raise UnreadableImageError(f"{width}x{height} is more than {self.pixels:,} pixels for a video")
        check_size(width, height)

    def check_count(self, frames: int) -> None:
        """Judge a number of frames. Raises UnreadableImageError for too many."""
        if frames > self.frames:
            raise UnreadableImageError(f"a video of more than {self.frames:,} frames")

    def check_duration(self, seconds: float) -> None:
        """Judge how far frames lie apart. Raises UnreadableImageError for too far."""
        if seconds > self.seconds:
            raise UnreadableImageError(f"a video of more than {self.seconds:,g} seconds")


USUAL_LIMITS = VideoLimits()


class DecodeClock:
    """The processor time, in seconds, that decoding took in this process; it runs within a `with` of it.

    What the reader of the frames does between them does not count, nor do other processes.
    """

    def __init__(self, limit: float) -> None:
        self._limit, self._spent, self._since = limit, 0.0, 0.0

    def __enter__(self) -> None:
        self._since = thread_time()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spent += thread_time() - self._since

    def is_over(self) -> bool:
        """Whether more than the limit was taken; for a call from within the `with`."""
        return self._spent + thread_time() - self._since > self._limit

    def check(self) -> None:
        """Raises UnreadableImageError once the limit is over; for a call from within the `with`."""
        if self.is_over():
            raise UnreadableImageError(too_slow(self._limit))


def too_slow(seconds: float) -> str:
    """The reason for a video whose decoding takes longer."""
    return f"a video that takes more than {seconds:,g} seconds to decode"
