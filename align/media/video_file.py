"""The one file that libav reads a video from, opened by us."""

import io
import stat
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from align.media.read import OS_REASONS
from align.media.unreadable import CANNOT_READ, NO_SUCH_FILE, UnreadableImageError
from align.media.video_container import demuxer_of, lacks_end
from align.media.video_limits import DecodeClock, VideoLimits

HEAD_BYTES = 4096


VideoSource = Path | bytes  # a file, or all bytes of one


class VideoFile:
    """A video's file as libav reads it: within bounds, and alone.

    libav calls `read` and `seek` from its own code, through which an exception would be printed. They keep to
    the end of the file instead, once something went wrong, and `check` says what that was.

    Attributes:
        demuxer: which one of libav's is for it, by its first bytes.
        is_cut: whether it lacks its end.
        clock: the time that is spent on it, which bounds the reading too.

    Raises UnreadableImageError for a file that is missing, not a regular file, too large, or no video.
    """

    def __init__(self, source: VideoSource, limits: VideoLimits) -> None:
        self.clock = DecodeClock(limits.decode_seconds)
        self._failure: str | None = None
        self._file, size = _opened(source, limits)
        try:
            self.demuxer = demuxer_of(self._file.read(HEAD_BYTES), size)
            self.is_cut = lacks_end(self._file, size, self.demuxer)
        except OSError as error:
            self._file.close()
            raise UnreadableImageError(_reason(error)) from error
        except UnreadableImageError:
            self._file.close()
            raise

    def __enter__(self) -> "VideoFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def check(self) -> None:
        """Raises UnreadableImageError for what went wrong, or when the time for it is over."""
        self.clock.check()
        if self._failure is not None:
            raise UnreadableImageError(self._failure)

    def read(self, count: int) -> bytes:
        """The next bytes; none at the end of the file, or where it is read no further."""
        if self._failure is not None or self.clock.is_over():
            return b""
        try:
            return self._file.read(count)
        except OSError as error:
            self._failure = _reason(error)
            return b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The new position; -1 for one that cannot be."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1

    def tell(self) -> int:
        """The position."""
        return self._file.tell()

    def refuse_other(self, url: str, flags: int, options: dict[str, str]) -> io.BytesIO:
        """An empty file, in place of any other one that a video asks libav to open."""
        self._failure = "a video that refers to another file"
        return io.BytesIO()


def _opened(source: VideoSource, limits: VideoLimits) -> tuple[BinaryIO, int]:
    """A file to read, and its bytes."""
    try:
        size = len(source) if isinstance(source, bytes) else _size_of(source)
        if size > limits.bytes:
            raise UnreadableImageError(f"a file of more than {limits.bytes / 1e6:,g} MB")
        return (io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")), size
    except OSError as error:
        raise UnreadableImageError(_reason(error)) from error
    except ValueError as error:  # a NUL in its name
        raise UnreadableImageError(NO_SUCH_FILE) from error


def _size_of(path: Path) -> int:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
        raise UnreadableImageError("not a file")
    return status.st_size


def _reason(error: OSError) -> str:
    return OS_REASONS.get(error.errno or 0) or f"{CANNOT_READ} ({error.strerror or error})"
