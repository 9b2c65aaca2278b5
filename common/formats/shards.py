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

from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError
from common.runtime.file_kinds import describe_hdf5_trouble, inspect

FORMAT = "facetrust-shard"
FORMAT_VERSION = 2
SHARD_PATTERN = "shard-*.h5"
REMAKE = "make it again with 'python -m align run' or 'forge'"
HEADER_TEXTS = ("detector", "detector_sha256", "template")

# name: dtype and shape of one row
COLUMNS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "landmarks": (np.dtype("<f4"), (5, 2)),
    "box": (np.dtype("<f4"), (4,)),
    "score": (np.dtype("<f4"), ()),
    "alignment": (np.dtype("u1"), ()),
    "synthetic": (np.dtype("u1"), ()),
    "identity": (str, ()),
    "path": (str, ()),
}

# of shards of forgeries: all of them or none
FORGERY_COLUMNS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "method": (str, ()),
    "parameters": (str, ()),
    "sources": (str, ()),
}


class Alignment(IntEnum):
    """How a crop was taken."""

    LANDMARKS = 0  # five landmarks brought to the template
    CENTRE = 1  # no face was found: the middle of the photograph
    AS_GIVEN = 2  # the photograph was a crop already
    TRUNCATED = 3  # by landmarks, of a file that lacks its end: the face is whole, other parts are missing


@dataclass(frozen=True)
class ShardHeader:
    """What holds for every crop of a shard."""

    detector: str
    detector_sha256: str  # of its weights
    template: str  # `arcface` or `loose`
    size: int  # pixels, both sides of a crop
    margin: float = 0.0  # around the loose template, in parts of the ArcFace frame's side


@dataclass(frozen=True)
class ForgeryColumns:
    """How the crops of a shard were made from others, N rows."""

    method: list[str]
    parameters: list[str]  # JSON: the seed and what was drawn from it
    sources: list[str]  # JSON: [{"identity", "path"}], whom it shows first, then the photograph put into


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
    forged: ForgeryColumns | None = None  # None for photographs as they were taken

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
    # the latest structures carry checksums, and text of fixed length lies among the data: elsewhere a flipped
    # bit can make HDF5 loop or crash
    with h5py.File("shard", "w", libver="latest", driver="core", backing_store=False) as file:
        for name, value in {"format": FORMAT, "format_version": FORMAT_VERSION, **vars(header)}.items():
            file.attrs[name] = _fixed([value])[0] if isinstance(value, str) else value
        file.create_dataset("images", data=rows.images, dtype="u1")
        columns = [(rows, COLUMNS), *([(rows.forged, FORGERY_COLUMNS)] if rows.forged is not None else [])]
        for holder, formats in columns:
            for name, (kind, shape) in formats.items():
                values = getattr(holder, name)
                values = _fixed(values) if kind is str else np.asarray(values, kind)
                file.create_dataset(name, data=values.reshape(len(rows), *shape))
        file.flush()
        return bytes(file.id.get_file_image())


def _fixed(texts: list[str]) -> NDArray[Any]:
    """Texts as UTF-8 of one length, which h5py reads with `asstr()`."""
    encoded = [text.encode() for text in texts]
    length = max(1, max(map(len, encoded), default=1))
    return np.array(encoded, h5py.string_dtype("utf-8", length))


def open_shard(path: Path) -> h5py.File:
    """Open a shard for reading after checking that it is one.

    The file has `images` (N, size, size, 3) uint8 RGB, the columns of `COLUMNS`, and those of
    `FORGERY_COLUMNS` or none of these.
    Raises UserError that says why when it cannot be opened, is damaged, of another version, or not a shard.
    """
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise UserError(describe_hdf5_trouble(path, error, REMAKE)) from error
    try:
        _check(file, path)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:  # what h5py makes of bad bytes
        file.close()
        raise UserError(describe_hdf5_trouble(path, error, REMAKE)) from error
    except BaseException:
        file.close()
        raise
    return file


def read_header(file: h5py.File) -> ShardHeader:
    """The header of an open shard."""
    attributes = file.attrs
    detector, sha256, template = decode_strings(attributes[name] for name in HEADER_TEXTS)
    return ShardHeader(detector, sha256, template, int(attributes["size"]), float(attributes["margin"]))


def read_rows(file: h5py.File) -> ShardRows:
    """All rows of an open shard, in memory."""
    columns: dict[str, Any] = {
        name: decode_strings(file[name][:]) if kind is str else file[name][:]
        for name, (kind, _) in COLUMNS.items()
    }
    return ShardRows(images=file["images"][:], forged=forgery_columns(file), **columns)


def forgery_columns(file: h5py.File) -> ForgeryColumns | None:
    """How the crops of an open shard were made; None where it says nothing of it."""
    if not _has_forgery_columns(file):
        return None
    return ForgeryColumns(*(decode_strings(file[name][:]) for name in FORGERY_COLUMNS))


def shard_paths(folder: Path) -> list[Path]:
    """The shards of a folder, in order. Raises UserError when there are none."""
    if not folder.is_dir():
        raise UserError(f"no such folder: {folder}; make it with 'python -m align run'")
    paths = sorted(folder.glob(SHARD_PATTERN))
    if not paths:
        raise UserError(f"no shards in {folder}; make them with 'python -m align run'")
    return paths


def decode_strings(values: Any) -> list[str]:
    """The text of a string column; bytes that are not UTF-8 are replaced, not refused."""
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values]


def _check(file: h5py.File, path: Path) -> None:
    if "format" not in file.attrs or _fixed_text(file, "format") not in (FORMAT, None):
        raise UserError(f"{path} is {inspect(path).text}, not a facetrust shard; {REMAKE}")
    version = file.attrs["format_version"] if _is_number(file, "format_version") else None
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} has shard format version {version}, this facetrust reads {FORMAT_VERSION}; {REMAKE}"
        )
    texts = [name for name in ("format", *HEADER_TEXTS) if _fixed_text(file, name) is None]
    numbers = [name for name in ("size", "margin") if not _is_number(file, name)]
    size = 0 if numbers else int(file.attrs["size"])
    forged = FORGERY_COLUMNS if _has_forgery_columns(file) else {}
    expected = {"images": (np.dtype("u1"), (size, size, 3)), **COLUMNS, **forged}
    columns = [name for name in expected if not isinstance(file.get(name, getlink=True), h5py.HardLink)]
    if texts or numbers or columns:
        raise UserError(f"{path} lacks {', '.join([*texts, *numbers, *columns])}; {REMAKE}")
    rows = len(file["images"]) if isinstance(file["images"], h5py.Dataset) and file["images"].shape else -1
    for name, (kind, shape) in expected.items():
        column = file[name]
        if (
            not isinstance(column, h5py.Dataset)
            or column.external
            or column.is_virtual
            or column.shape != (rows, *shape)
            or not (_is_fixed_text(column.dtype) if kind is str else column.dtype == kind)
        ):
            raise UserError(f"{path} has a malformed column '{name}'; {REMAKE}")


def _has_forgery_columns(file: h5py.File) -> bool:
    """Whether one of them is there, as whatever it may be: links are not followed."""
    return any(file.id.links.exists(name.encode()) for name in FORGERY_COLUMNS)


def _fixed_text(file: h5py.File, name: str) -> str | None:
    """An attribute of fixed length; one of variable length is not read, since it may lead astray."""
    if name not in file.attrs or not _is_fixed_text(file.attrs.get_id(name).dtype):
        return None
    return decode_strings([file.attrs[name]])[0]


def _is_fixed_text(dtype: np.dtype[Any]) -> bool:
    text = h5py.check_string_dtype(dtype)
    return text is not None and text.length is not None


def _is_number(file: h5py.File, name: str) -> bool:
    if name not in file.attrs:
        return False
    stored = file.attrs.get_id(name)
    return stored.dtype.kind in "iuf" and stored.shape == ()
