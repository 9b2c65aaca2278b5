"""Inspection of a file: its kind by its bytes, and whether it is whole."""

import json
import os
from pathlib import Path
from typing import IO

from common.runtime.file_kinds.kind import Content, Kind
from common.runtime.file_kinds.protobuf import inspect_protobuf
from common.runtime.file_kinds.signatures import HDF5_START, ZIP_STARTS, by_signature
from common.runtime.file_kinds.text import inspect_text
from common.runtime.file_kinds.zip_archive import inspect_zip

START_BYTES = 4096  # that are looked at
SHOWN_BYTES = 8  # of a file of no known kind
LONGEST_HEADER = 100_000_000  # bytes, of a safetensors file: what its library takes

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
            # first, because its length may begin with the two bytes of a signature
            _inspect_safetensors(file, start, size)
            or by_signature(start)
            or inspect_text(start, size)
            or inspect_protobuf(file, size)
            or Content(Kind.UNKNOWN, f"it begins with the bytes {start[:SHOWN_BYTES].hex(' ')}")
        )


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
