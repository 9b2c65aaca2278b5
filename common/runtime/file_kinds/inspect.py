"""From the bytes of a file to what it is."""

import json
import os
from pathlib import Path
from typing import IO

from common.runtime.file_kinds.kind import Content, Kind
from common.runtime.file_kinds.protobuf import inspect_protobuf
from common.runtime.file_kinds.text import inspect_text
from common.runtime.file_kinds.zip_archive import inspect_zip

START_BYTES = 4096  # that are looked at
SHOWN_BYTES = 8  # of a file of no known kind
LONGEST_HEADER = 100_000_000  # bytes, of a safetensors file: what its library takes

# where they lie, what they are
SIGNATURES: tuple[tuple[int, bytes, Kind, str], ...] = (
    (0, b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", Kind.TORCH_LEGACY, ""),  # its magic number, pickled
    (0, b"\x80\x02", Kind.PICKLE, ""),
    (0, b"\x80\x03", Kind.PICKLE, ""),
    (0, b"\x80\x04", Kind.PICKLE, ""),
    (0, b"\x80\x05", Kind.PICKLE, ""),
    (0, b"\x12\x01\0\0\0\0\0\0", Kind.MXNET, ""),
    (0, b"\x0a\x23\xd7\xce", Kind.RECORDS, ""),
    (0, b"\x93NUMPY", Kind.NUMPY, ".npy"),
    (4, b"TFL3", Kind.TFLITE, ""),
    (4, b"ORTM", Kind.ORT, ""),
    (0, b"GGUF", Kind.GGUF, ""),
    (0, b"\x1f\x8b", Kind.ARCHIVE, "gzip"),
    (0, b"BZh", Kind.ARCHIVE, "bzip2"),
    (0, b"\xfd7zXZ\0", Kind.ARCHIVE, "xz"),
    (0, b"\x28\xb5\x2f\xfd", Kind.ARCHIVE, "zstandard"),
    (0, b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE, "7-Zip"),
    (0, b"Rar!\x1a\x07", Kind.ARCHIVE, "RAR"),
    (257, b"ustar", Kind.ARCHIVE, "tar"),
    (0, b"\x89PNG\r\n\x1a\n", Kind.IMAGE, "PNG"),
    (0, b"\xff\xd8\xff", Kind.IMAGE, "JPEG"),
    (0, b"GIF8", Kind.IMAGE, "GIF"),
    (8, b"WEBP", Kind.IMAGE, "WebP"),
    (0, b"%PDF-", Kind.PDF, ""),
    (0, b"SQLite format 3\0", Kind.TABLE, "SQLite"),
    (0, b"PAR1", Kind.TABLE, "Parquet"),
    (0, b"ARROW1\0\0", Kind.TABLE, "Arrow"),
)
HDF5_START = b"\x89HDF\r\n\x1a\n"
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
OWN_FORMATS = {  # values of the attribute `format`, which lies near the start of what facetrust writes
    b"facetrust-shard": "a shard of face crops",
    b"facetrust-embeddings": "embeddings, as infer embed writes",
    b"facetrust-results": "results, as infer pairs writes",
}


def inspect(path: Path) -> Content:
    """What a file is, by its first bytes, and where its kind tells, whether it is whole.

    Nothing in the file is executed or unpacked. Raises OSError when it cannot be read; a folder cannot.
    """
    with path.open("rb") as file:
        start, size = file.read(START_BYTES), os.fstat(file.fileno()).st_size
        if not start:
            return Content(Kind.EMPTY)
        if start.startswith(ZIP_STARTS):
            return inspect_zip(file)
        if start.startswith(HDF5_START):
            own = next((text for format_, text in OWN_FORMATS.items() if format_ in start), None)
            return Content(Kind.OWN_HDF5, own) if own else Content(Kind.HDF5)
        return (
            _by_signature(start)
            or _inspect_safetensors(file, start, size)
            or inspect_text(start, size)
            or inspect_protobuf(file, size)
            or Content(Kind.UNKNOWN, f"it begins with the bytes {start[:SHOWN_BYTES].hex(' ')}")
        )


def _by_signature(start: bytes) -> Content | None:
    for offset, signature, kind, detail in SIGNATURES:
        if start[offset : offset + len(signature)] == signature:
            return Content(kind, detail)
    return None


def _inspect_safetensors(file: IO[bytes], start: bytes, size: int) -> Content | None:
    """A header's length as eight bytes, a header in JSON, and data whose end the header tells."""
    length = int.from_bytes(start[:8], "little")
    if start[8:10] not in (b"{", b'{"', b"{}", b"{ ") or length > LONGEST_HEADER:
        return None
    if 8 + length > size:
        return Content(Kind.SAFETENSORS, damage=f"its header has {length:,} bytes, the file {size:,}")
    file.seek(8)
    needed = 8 + length + _end_of_data(file.read(length))
    if needed > size:
        return Content(Kind.SAFETENSORS, damage=f"{needed:,} bytes by its header, and it has {size:,}")
    return Content(Kind.SAFETENSORS)


def _end_of_data(header: bytes) -> int:
    """Where the last tensor ends, in bytes behind the header; 0 where a header does not tell."""
    try:
        entries = json.loads(header)
        return max(
            (int(entry["data_offsets"][1]) for name, entry in entries.items() if name != "__metadata__"),
            default=0,
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError):
        return 0
