"""Columns of an HDF5 file: data sets of a declared type, in the file itself, plain or packed.

Plain columns are what they are declared, and any software reads them row by row. Packed ones are compressed
and read whole; their text is one run of UTF-8, with the length of each text, in characters, in another data
set: ten million names take seconds, and one long name does not widen the others.
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from common.formats.csv_file import printable_utf8
from common.formats.hdf5 import MalformedError, fixed_text, is_fixed_text, made_in_memory
from common.runtime.atomic import write_atomically

MOST_ROWS = 50_000_000
MOST_BYTES = 2_000_000_000
MOST_EXPANSION = 1_100  # deflate (RFC 1951) gives no more than 1032 bytes for one
CHUNK = 262_144  # rows that are compressed together
MOST_CHUNK, MOST_TEXT = 64_000_000, 1_000_000  # bytes that reading one row may take
FILTER_BYTES = 64  # by which filters may lengthen a chunk; a checksum has 4


class Column(NamedTuple):
    """What a column has to be."""

    kind: Any  # a NumPy type as it is stored, or `str`
    row: tuple[int | None, ...] = ()  # the shape of one; None for a side of any length
    most_rows: int = MOST_ROWS  # these bound packed columns
    most_bytes: int = MOST_BYTES


def write_columns(file: h5py.File, columns: Mapping[str, Column], values: object) -> None:
    """Write attributes of `values` as plain columns; text gets the length of the longest."""
    for name, column in columns.items():
        rows = getattr(values, name)
        data = fixed_text(rows) if column.kind is str else np.asarray(rows, column.kind)
        file.create_dataset(name, data=data.reshape(len(rows), *column.row))


def missing_columns(file: h5py.File, names: Iterable[str]) -> list[str]:
    """The names under which nothing lies in the file itself; links are not followed."""
    return [name for name in names if not isinstance(file.get(name, getlink=True), h5py.HardLink)]


def check_columns(file: h5py.File, columns: Mapping[str, Column]) -> None:
    """Raises MalformedError unless all are plain columns as declared, whole, and as long as the first."""
    rows = None
    for name, column in columns.items():
        found = plain_column(file, name, column, rows)
        _check_stored(file, name, found)
        rows = len(found)


def plain_column(file: h5py.File, name: str, column: Column, rows: int | None = None) -> h5py.Dataset:
    """A data set of this type whose bytes lie in the file itself, of so many rows. Raises MalformedError."""
    if missing_columns(file, [name]):
        raise MalformedError(f"lacks {name}")
    found = file[name]
    wanted = (rows, *column.row)
    if not (
        isinstance(found, h5py.Dataset)
        and not found.external
        and not found.is_virtual
        and found.shape is not None
        and len(found.shape) == len(wanted)
        and all(side in (None, own) for own, side in zip(found.shape, wanted, strict=True))
        and (is_fixed_text(found.dtype) if column.kind is str else found.dtype == np.dtype(column.kind))
    ):
        raise MalformedError(f"has a malformed column '{name}'")
    return found


def _check_stored(file: h5py.File, name: str, found: h5py.Dataset) -> None:
    """Raises MalformedError unless all of a column is stored: a small file cannot ask for much memory."""
    if is_fixed_text(found.dtype) and found.dtype.itemsize > MOST_TEXT:
        raise MalformedError(f"has texts of more than {MOST_TEXT:,} bytes in column '{name}'")
    stored = found.id.get_storage_size()
    if found.chunks is None:
        whole = found.nbytes == stored <= file.id.get_filesize()
    else:
        chunk_bytes = math.prod(found.chunks) * found.dtype.itemsize
        if chunk_bytes > MOST_CHUNK:
            raise MalformedError(f"has chunks of more than {MOST_CHUNK:,} bytes in column '{name}'")
        chunks = math.prod(-(-rows // side) for rows, side in zip(found.shape, found.chunks, strict=True))
        sizes: list[int] = []
        if found.nbytes <= MOST_EXPANSION * stored and found.id.get_num_chunks() == chunks:
            found.id.chunk_iter(lambda chunk: sizes.append(chunk.size))
        # what is longer than its chunk unpacks to more than that
        whole = len(sizes) == chunks and max(sizes, default=0) <= chunk_bytes + FILTER_BYTES
    if not whole:
        raise MalformedError(f"has a column '{name}' that is not all there")


def write_packed(
    path: Path, format: str, version: int, columns: Mapping[str, Column], values: Mapping[str, Any]
) -> None:
    """Write a file of packed columns atomically; the same values give the same bytes.

    What is no UTF-8 in a text is escaped. Raises OSError when the file cannot be written.
    """

    def fill(file: h5py.File) -> None:
        file.attrs["format"] = fixed_text([format]).reshape(())
        file.attrs["format_version"] = version
        for name, column in columns.items():
            if column.kind is str:
                _pack_texts(file, name, values[name])
            else:
                _pack(file, name, np.asarray(values[name]).astype(column.kind))

    data = made_in_memory(fill)
    write_atomically(path, lambda temporary: temporary.write_bytes(data))


def unpack_columns(file: h5py.File, columns: Mapping[str, Column]) -> dict[str, Any]:
    """Packed columns in memory: arrays, lists of texts. Raises MalformedError, and as h5py for bad bytes."""
    return {
        name: _unpack_texts(file, name) if column.kind is str else _unpack(file, name, column)
        for name, column in columns.items()
    }


def _pack(file: h5py.File, name: str, values: NDArray[Any]) -> None:
    if not values.size:
        file.create_dataset(name, data=values)
        return
    # bytes of a wrong checksum are refused when they are read
    rows = 1 if values.ndim > 2 else min(CHUNK, len(values))
    file.create_dataset(
        name,
        data=values,
        chunks=(rows, *values.shape[1:]),
        compression="gzip",
        compression_opts=1,
        shuffle=values.itemsize > 1,
        fletcher32=True,
    )


def _pack_texts(file: h5py.File, name: str, texts: list[str]) -> None:
    try:
        encoded = "".join(texts).encode()
    except UnicodeEncodeError:  # names of files need not be UTF-8
        texts = [printable_utf8(text) for text in texts]
        encoded = "".join(texts).encode()
    _pack(file, name, np.frombuffer(encoded, np.uint8))
    _pack(file, f"{name}_lengths", np.fromiter(map(len, texts), "<u4", len(texts)))


def _unpack(file: h5py.File, name: str, column: Column) -> NDArray[Any]:
    found = plain_column(file, name, column)
    if len(found) > column.most_rows or found.nbytes > column.most_bytes:
        raise MalformedError(f"has too much in column '{name}'")
    _check_stored(file, name, found)
    return np.asarray(found[()])


def _unpack_texts(file: h5py.File, name: str) -> list[str]:
    lengths = _unpack(file, f"{name}_lengths", Column("<u4"))
    text = _unpack(file, name, Column("u1", most_rows=MOST_BYTES)).tobytes().decode()
    ends = np.cumsum(lengths, dtype=np.int64)
    if len(text) != (ends[-1] if len(ends) else 0):
        raise MalformedError(f"has a malformed column '{name}'")
    return [text[start:end] for start, end in zip((ends - lengths).tolist(), ends.tolist(), strict=True)]
