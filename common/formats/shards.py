"""The shard: an HDF5 file of aligned face crops. The format is described in docs/shards.md.

A shard is written whole or not at all, and is read without trusting it: every dataset must lie in the file
itself with the type and length that the format demands.
"""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from common.formats.columns import Column, check_columns, missing_columns, write_columns
from common.formats.hdf5 import (
    MalformedError,
    check_format,
    decoded,
    fixed_text,
    has_number,
    naming,
    text_attribute,
    write_h5,
)
from common.runtime.atomic import write_atomically
from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError

FORMAT = "facetrust-shard"
FORMAT_VERSION = 2
SHARD_PATTERN = "shard-*.h5"
REMAKE = "make it again with 'python -m align run' or 'forge'"
HEADER_TEXTS = ("detector", "detector_sha256", "template")
HEADER_NUMBERS = ("size", "margin")
TOGETHER = 64  # crops that are written at one time

COLUMNS = {
    "landmarks": Column("<f4", (5, 2)),
    "box": Column("<f4", (4,)),
    "score": Column("<f4"),
    "alignment": Column("u1"),
    "synthetic": Column("u1"),
    "identity": Column(str),
    "path": Column(str),
}

# of shards of forgeries: all of them or none
FORGERY_COLUMNS = {"method": Column(str), "parameters": Column(str), "sources": Column(str)}

# of shards whose source tells them: both or neither
ORIGIN_COLUMNS = {"groups": Column(str), "species": Column(str)}

# of shards with a row whose `synthetic` is the guess of models: 1 for such a row
PSEUDO_COLUMNS = {"pseudo": Column("u1")}

# of shards with crops of videos: all of them or none
CLIP_COLUMNS = {
    "clip": Column(str),
    "frame": Column("<i4"),
    "seconds": Column("<f8"),
    "track": Column("<i4"),
}


class Alignment(IntEnum):
    """The way in which a crop was taken."""

    LANDMARKS = 0  # five landmarks brought to the template
    CENTRE = 1  # no face was found: the middle of the photograph
    AS_GIVEN = 2  # the photograph was a crop already
    TRUNCATED = 3  # by landmarks, of a file that lacks its end: the face is whole, other parts are missing


@dataclass(frozen=True)
class ShardHeader:
    """The attributes of a shard, which hold for every crop of it."""

    detector: str
    detector_sha256: str  # of its weights
    template: str  # `arcface`, `loose` or `box`
    size: int  # pixels, both sides of a crop
    margin: float = 0.0  # loose: in parts of the ArcFace frame's side; box: of the longer side of the box


@dataclass(frozen=True)
class ForgeryColumns:
    """The columns that say how forged crops were made from others, N rows."""

    method: list[str]
    parameters: list[str]  # JSON: the seed and what was drawn from it
    sources: list[str]  # JSON: [{"identity", "path"}], whom it shows first, then the photograph put into

    def people(self) -> list[tuple[str, ...]]:
        """The identities among the sources of each; none where a text, which is not trusted, is malformed."""
        return list(map(_identities, self.sources))


@dataclass(frozen=True)
class OriginColumns:
    """The columns that say what photographs were taken from, N rows; an empty text where it is not known."""

    groups: list[str]  # source videos and the like that it must not be parted from: `groups.group_text`
    species: list[str]  # the kind of forgery, as the source calls it


@dataclass(frozen=True)
class ClipColumns:
    """The columns that say where in a video crops were taken, N rows; `""`, -1 and NaN for photographs.

    The crops of one track of a clip are neighbours, in order of time.
    """

    clip: list[str]  # path of the video, relative to its source folder
    frame: NDArray[np.int32]  # (N,) counted over all that the video has, from 0
    seconds: NDArray[np.float64]  # (N,) since its first frame
    track: NDArray[np.int32]  # (N,) whose face it is, within the clip: in order of appearance, from 0


@dataclass(frozen=True)
class ShardRows:
    """The columns of a shard: the crops and what is known of each, N rows."""

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
    origins: OriginColumns | None = None  # None where nothing is known of any
    # (N,) 1 where `synthetic` was guessed by models; None where it was not of any
    pseudo: NDArray[np.uint8] | None = None
    clips: ClipColumns | None = None  # None where all are of photographs

    def __len__(self) -> int:
        return len(self.images)


def write_shard(
    path: Path, header: ShardHeader, rows: ShardRows, crops: Iterable[NDArray[np.uint8]] | None = None
) -> str:
    """Write a shard atomically; the same rows give the same bytes.

    Where the crops are not in memory together, `crops` gives them one by one in the place of `rows.images`.
    Returns the SHA-256 of the file in hexadecimal. Raises OSError when it cannot be written.
    """

    def fill(file: h5py.File, check: Callable[[], None]) -> None:
        for name, value in {"format": FORMAT, "format_version": FORMAT_VERSION, **vars(header)}.items():
            file.attrs[name] = fixed_text([value])[0] if isinstance(value, str) else value
        _write_images(file, len(rows.path), header.size, rows.images if crops is None else crops, check)
        write_columns(file, COLUMNS, rows)
        if rows.forged is not None:
            write_columns(file, FORGERY_COLUMNS, rows.forged)
        if rows.origins is not None:
            write_columns(file, ORIGIN_COLUMNS, rows.origins)
        if rows.pseudo is not None and rows.pseudo.any():
            write_columns(file, PSEUDO_COLUMNS, rows)
        if rows.clips is not None:
            write_columns(file, CLIP_COLUMNS, rows.clips)
        check()

    sha256 = ""

    def write(temporary: Path) -> None:
        nonlocal sha256
        write_h5(temporary, fill)
        sha256 = file_sha256(temporary)

    write_atomically(path, write)
    return sha256


def _write_images(
    file: h5py.File, count: int, size: int, crops: Iterable[NDArray[np.uint8]], check: Callable[[], None]
) -> None:
    """Write the crops a few at a time. Raises OSError when the disk is full."""
    stored = file.create_dataset("images", (count, size, size, 3), "u1")
    given = iter(crops)
    for start in range(0, count, TOGETHER):
        some = np.stack(list(islice(given, TOGETHER)))
        stored[start : start + len(some)] = some
        check()


def open_shard(path: Path) -> h5py.File:
    """A shard, open for reading, in which every column is as the format demands.

    The file has `images` (N, size, size, 3) uint8 RGB, the columns of `COLUMNS`, and of `FORGERY_COLUMNS`,
    of `ORIGIN_COLUMNS`, of `PSEUDO_COLUMNS` and of `CLIP_COLUMNS` all or none.
    Raises UserError that says why when it cannot be opened, is damaged, of another version, or not a shard.
    """
    with naming(path, REMAKE):
        file = h5py.File(path, "r")
        try:
            _check(file)
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
        name: decode_strings(file[name][:]) if column.kind is str else file[name][:]
        for name, column in COLUMNS.items()
    }
    return ShardRows(
        images=file["images"][:],
        forged=forgery_columns(file),
        origins=origin_columns(file),
        pseudo=file["pseudo"][:] if _has_some(file, PSEUDO_COLUMNS) else None,
        clips=clip_columns(file),
        **columns,
    )


def forgery_columns(file: h5py.File) -> ForgeryColumns | None:
    """How the crops of an open shard were made; None where it says nothing of it."""
    if not _has_some(file, FORGERY_COLUMNS):
        return None
    return ForgeryColumns(*(decode_strings(file[name][:]) for name in FORGERY_COLUMNS))


def origin_columns(file: h5py.File) -> OriginColumns | None:
    """What the photographs of an open shard were taken from; None where it says nothing of it."""
    if not _has_some(file, ORIGIN_COLUMNS):
        return None
    return OriginColumns(*(decode_strings(file[name][:]) for name in ORIGIN_COLUMNS))


def pseudo_labelled(file: h5py.File) -> NDArray[np.bool_]:
    """Whether `synthetic` of each row of an open shard, (N,), is the guess of models."""
    if not _has_some(file, PSEUDO_COLUMNS):
        return np.zeros(len(file["images"]), np.bool_)
    return np.asarray(file["pseudo"][:] != 0)


def clip_columns(file: h5py.File) -> ClipColumns | None:
    """Where in videos the crops of an open shard were taken; None where it says nothing of it."""
    if not _has_some(file, CLIP_COLUMNS):
        return None
    clip, *numbers = (file[name][:] for name in CLIP_COLUMNS)
    return ClipColumns(decode_strings(clip), *numbers)


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
    return list(map(decoded, values))


def _identities(sources: str) -> tuple[str, ...]:
    try:
        return tuple(str(source["identity"]) for source in json.loads(sources))
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()


def _check(file: h5py.File) -> None:
    check_format(file, FORMAT, [FORMAT_VERSION], "a facetrust shard")
    columns = {"images": _images(0), **COLUMNS}
    for optional in (FORGERY_COLUMNS, ORIGIN_COLUMNS, PSEUDO_COLUMNS, CLIP_COLUMNS):
        columns |= optional if _has_some(file, optional) else {}
    lacking = [name for name in HEADER_TEXTS if text_attribute(file, name) is None]
    lacking += [name for name in HEADER_NUMBERS if not has_number(file, name)]
    lacking += missing_columns(file, columns)
    if lacking:
        raise MalformedError(f"lacks {', '.join(lacking)}")
    size, margin = (float(file.attrs[name]) for name in HEADER_NUMBERS)
    if not (size.is_integer() and math.isfinite(margin)):
        raise MalformedError(f"has a size of {size:g} pixels and a margin of {margin:g}, as no crop has")
    check_columns(file, columns | {"images": _images(int(file.attrs["size"]))})


def _images(size: int) -> Column:
    return Column("u1", (size, size, 3))


def _has_some(file: h5py.File, columns: Iterable[str]) -> bool:
    """Whether one of them is there, as whatever it may be: links are not followed."""
    return any(file.id.links.exists(name.encode()) for name in columns)
