"""The containers of videos that are read, told by their bytes, and whether a file lacks its end."""

import io
from collections.abc import Callable
from typing import BinaryIO

from align.media.formats import TEXT_BYTES
from align.media.unreadable import UnreadableImageError
from common.runtime.file_kinds import Kind, by_signature, inspect_text

# by what a signature says; the demuxers of libav, none of which opens a second file or an address
DEMUXERS = {"MP4": "mov", "QuickTime": "mov", "3GP": "mov", "AVI": "avi", "Matroska or WebM": "matroska"}
CONVERT = "convert it to H.264 in MP4"
MAX_BOXES = 100_000  # that are walked: a fragmented hour has some ten thousand
SEGMENT = b"\x18\x53\x80\x67"  # of Matroska, RFC 9559


def demuxer_of(head: bytes, size: int) -> str:
    """The demuxer for a file that begins so and has `size` bytes.

    Raises UnreadableImageError for what is no video or not read; the reason quotes nothing of the file.
    """
    if not size:
        raise UnreadableImageError("an empty file, not a video")
    signed = by_signature(head)
    if signed is not None and signed.detail in DEMUXERS:
        return DEMUXERS[signed.detail]
    if signed is not None and signed.kind is Kind.VIDEO:
        raise UnreadableImageError(f"{signed.detail} video is not read; {CONVERT}")
    if signed is not None:
        raise UnreadableImageError(f"not a video but {signed.text}")
    text = inspect_text(head[:TEXT_BYTES], size)
    raise UnreadableImageError("not a video" if text is None else f"not a video but {text.kind.value}")


def lacks_end(file: BinaryIO, size: int, demuxer: str) -> bool:
    """Whether the parts of a file say that they go on behind its last byte; its position is left anywhere.

    What says no length, as a live recording does, tells nothing.
    """
    return _WALKS[demuxer](file, size)


def _mov_lacks_end(file: BinaryIO, size: int) -> bool:
    """By the lengths of its boxes, ISO/IEC 14496-12."""
    at = 0
    for _ in range(MAX_BOXES):
        head = _read(file, at, 16)
        if len(head) < 8:
            return False
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:  # as far as the file goes
            return False
        at += max(length, 8)
        if at > size:
            return True
    return False


def _avi_lacks_end(file: BinaryIO, size: int) -> bool:
    """By the lengths of its RIFF chunks, of which long files have several."""
    at = 0
    for _ in range(MAX_BOXES):
        head = _read(file, at, 8)
        length = int.from_bytes(head[4:8], "little")
        if not head.startswith(b"RIFF") or not length:
            return False
        at += 8 + length + length % 2
        if at - length % 2 > size:
            return True
    return False


def _matroska_lacks_end(file: BinaryIO, size: int) -> bool:
    """By the length of its segment, RFC 9559."""
    head = _read(file, 0, 4096)
    at = head.find(SEGMENT) + len(SEGMENT)
    if at < len(SEGMENT) or at >= len(head):
        return False
    width = 9 - head[at].bit_length()
    length = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    unknown = length == (1 << 7 * width) - 1
    return not unknown and at + width + length > size


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at, io.SEEK_SET)
    return file.read(count)


_WALKS: dict[str, Callable[[BinaryIO, int], bool]] = {
    "mov": _mov_lacks_end,
    "avi": _avi_lacks_end,
    "matroska": _matroska_lacks_end,
}
