"""The shard: an HDF5 file of aligned face crops. The format is described in docs/shards.md.

A shard is written whole or not at all, and is read without trusting it: every dataset must lie in the file
itself with the type and length that the format demands.
"""

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from common.atomic import write_atomically
from common.errors import UserError

FORMAT = "facetrust-shard"
FORMAT_VERSION = 2
SHARD_PATTERN = "shard-*.h5"

# name: dtype and shape of one row
COLUMNS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "landmarks": (np.dtype("<f4"), (5, 2)),
    "box": (np.dtype("<f4"), (4,)),
    "score": (np.dtype("<f4"), ()),
    "alignment": (np.dtype("u1"), ()),
    "synthetic": (np.dtype("u1"), ()),
    "identity": (h5py.string_dtype("utf-8"), ()),
    "path": (h5py.string_dtype("utf-8"), ()),
}


class Alignment(IntEnum):
    """How a crop was taken."""

    LANDMARKS = 0  # five landmarks brought to the template
    CENTRE = 1  # no face was found: the middle of the photograph
    AS_GIVEN = 2  # the photograph was a crop already


@dataclass(frozen=True)
class ShardHeader:
    """What holds for every crop of a shard."""

    detector: str
    detector_sha256: str  # of its weights
    template: str  # `arcface` or `loose`
    size: int  # pixels, both sides of a crop
    margin: float = 0.0  # around the loose template, in parts of the ArcFace frame's side


@dataclass(frozen=True)
class ShardRows:
    """The crops of a shard and what is known of each, N rows."""

    images: NDArray[np.uint8]  # (N, size, size, 3) RGB
    identity: list[str]
    synthetic: NDArray[np.uint8]  # (N,) 1 = synthetic, 0 = bona fide
    path: list[str]  # of the photograph, relative to its source folder, with forward slashes
    # (N, 5, 2) x, y in pixels of the photograph; NaN unless the crop was taken by landmarks, as is the score
    landmarks: NDArray[np.float32]
    box: NDArray[np.float32]  # (N, 4) x1, y1, x2, y2 in pixels of the photograph
    score: NDArray[np.float32]  # (N,) detection score in [0, 1]
    alignment: NDArray[np.uint8]  # (N,) of `Alignment`

    def __len__(self) -> int:
        return len(self.images)


def write_shard(path: Path, header: ShardHeader, rows: ShardRows) -> str:
    """Write a shard atomically; the same rows give the same bytes.

    Returns the SHA-256 of the file in hexadecimal. Raises OSError when it cannot be written.
    """
    data = _serialise(header, rows)
    write_atomically(path, lambda temporary: temporary.write_bytes(data))
    return hashlib.sha256(data).hexdigest()


def _serialise(header: ShardHeader, rows: ShardRows) -> bytes:
    """The bytes of the file, made in memory: HDF5 would notice a full disk only as it closes the file."""
    with h5py.File("shard", "w", driver="core", backing_store=False) as file:
        file.attrs.update({"format": FORMAT, "format_version": FORMAT_VERSION, **vars(header)})
        file.create_dataset("images", data=rows.images, dtype="u1")
        for name, (dtype, shape) in COLUMNS.items():
            values = getattr(rows, name)
            file.create_dataset(name, data=values, dtype=dtype, shape=(len(rows), *shape))
        file.flush()
        return bytes(file.id.get_file_image())


def open_shard(path: Path) -> h5py.File:
    """Open a shard for reading after checking that it is one.

    The file has `images` (N, size, size, 3) uint8 RGB and the columns of `COLUMNS`.
    Raises UserError when it is damaged, of another version, or not a shard.
    """
    damaged = f"{path} is missing, truncated or not an HDF5 file; make it again with 'python -m align run'"
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise UserError(damaged) from error
    try:
        _check(file, path)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # what h5py makes of bad bytes
        file.close()
        raise UserError(damaged) from error
    except BaseException:
        file.close()
        raise
    return file


def read_header(file: h5py.File) -> ShardHeader:
    """The header of an open shard."""
    attributes = file.attrs
    return ShardHeader(
        str(attributes["detector"]),
        str(attributes["detector_sha256"]),
        str(attributes["template"]),
        int(attributes["size"]),
        float(attributes["margin"]),
    )


def shard_paths(folder: Path) -> list[Path]:
    """The shards of a folder, in order. Raises UserError when there are none."""
    if not folder.is_dir():
        raise UserError(f"no such folder: {folder}; make it with 'python -m align run'")
    paths = sorted(folder.glob(SHARD_PATTERN))
    if not paths:
        raise UserError(f"no shards in {folder}; make them with 'python -m align run'")
    return paths


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def decode_strings(values: Any) -> list[str]:
    """The text of a string column; bytes that are not UTF-8 are replaced, not refused."""
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values]


def _check(file: h5py.File, path: Path) -> None:
    remake = "make the shards again with 'python -m align run'"
    if file.attrs.get("format") != FORMAT:
        raise UserError(f"{path} is an HDF5 file but not a facetrust shard")
    version = file.attrs.get("format_version")
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} has shard format version {version}, this facetrust reads {FORMAT_VERSION}; {remake}"
        )
    missing = [name for name in vars(ShardHeader("", "", "", 0)) if name not in file.attrs]
    size = int(file.attrs.get("size", 0))
    expected = {"images": (np.dtype("u1"), (size, size, 3)), **COLUMNS}
    missing += [name for name in expected if not isinstance(file.get(name, getlink=True), h5py.HardLink)]
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}; {remake}")
    rows = len(file["images"]) if isinstance(file["images"], h5py.Dataset) and file["images"].shape else -1
    for name, (dtype, shape) in expected.items():
        column = file[name]
        if (
            not isinstance(column, h5py.Dataset)
            or column.external
            or column.is_virtual
            or column.shape != (rows, *shape)
            or not _same_type(column.dtype, dtype)
        ):
            raise UserError(f"{path} has a malformed column '{name}'; {remake}")


def _same_type(found: np.dtype[Any], expected: Any) -> bool:
    text = h5py.check_string_dtype(expected)
    return h5py.check_string_dtype(found) is not None if text else found == expected
