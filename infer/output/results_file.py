"""The file of what `infer pairs` found, which `infer report` reads: `NAME.h5`.

It holds the scores of all pairs and, of the hardest pairs of each category, the crops, so that a report needs
neither the photographs nor the model. Lists of text are kept as one run of UTF-8 and the length of each, in
characters: ten million names take seconds, and one long name does not widen the others.
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from common.formats.csv_file import printable_utf8
from common.formats.pair_category import PairCategory
from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError
from infer.models.model import ModelCard
from infer.output.results import HardPairs, Results
from infer.pair_sets.pair_set import UNLABELLED

FORMAT = "facetrust-results"
FORMAT_VERSION = 2
READABLE_VERSIONS = (1, FORMAT_VERSION)  # 1 always had a threshold, and said less of the model
MOST_ROWS = 50_000_000  # pairs, or images
MOST_TEXT = 2_000_000_000  # bytes
MOST_HEADER = 1_000_000  # bytes
MOST_CROPS = 100  # pairs of them; twice as many as are written
MOST_CROP_BYTES = 400_000_000  # what is written of crops of 1024 pixels has 302 million
CROP_SIDES = range(16, 1025)  # pixels, as in `InputFormat`
MOST_EXPANSION = 1_100  # deflate (RFC 1951) gives no more than 1032 bytes for one
CHUNK = 262_144  # rows that are compressed together
AGAIN = "make it again with 'python -m infer pairs'"


class _Header(BaseModel):
    """All that is not a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    has_labels: bool
    threshold: float | None = Field(ge=-1, le=1)
    threshold_source: str
    card: ModelCard
    made_with: str
    threshold_doubts: tuple[str, ...] = ()


def write_results(path: Path, results: Results) -> None:
    """Write results atomically; the same results give the same bytes.

    What cannot be told in UTF-8 in the name of a file is escaped. Raises OSError when the file cannot be
    written.
    """
    data = _serialise(results)
    write_atomically(path, lambda temporary: temporary.write_bytes(data))


def _serialise(results: Results) -> bytes:
    """The bytes of the file, made in memory: HDF5 would notice a full disk only as it closes the file."""
    header = {name: getattr(results, name) for name in _Header.model_fields}
    header_json = TypeAdapter(_Header).dump_json(_Header(**_encodable(header)))
    # the latest structures carry checksums; elsewhere a flipped bit can make HDF5 loop or crash
    with h5py.File("results", "w", libver="latest", driver="core", backing_store=False) as file:
        file.attrs["format"] = np.array(FORMAT.encode(), h5py.string_dtype("utf-8", len(FORMAT)))
        file.attrs["format_version"] = FORMAT_VERSION
        _store(file, "header", np.frombuffer(header_json, np.uint8))
        _store_texts(file, "ids", results.ids)
        _store_texts(file, "image_names", results.image_names)
        _store(file, "members", results.members.astype("<u4"))
        _store(file, "categories", results.categories.astype("i1"))
        _store(file, "similarity", results.similarity.astype("<f8"))
        _store(file, "rejected_rows", np.array(list(results.rejected), "<u4"))
        _store_texts(file, "rejected_reasons", list(results.rejected.values()))
        _store(file, "hard_rows", results.hard.rows.astype("<u4"))
        _store(file, "hard_crops", results.hard.crops.astype("u1"))
        file.flush()
        return bytes(file.id.get_file_image())


def _store(file: h5py.File, name: str, values: NDArray[Any]) -> None:
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


def _store_texts(file: h5py.File, name: str, texts: list[str]) -> None:
    try:
        encoded = "".join(texts).encode()
    except UnicodeEncodeError:  # names of files need not be UTF-8
        texts = _encodable(texts)
        encoded = "".join(texts).encode()
    _store(file, name, np.frombuffer(encoded, np.uint8))
    _store(file, f"{name}_lengths", np.fromiter(map(len, texts), "<u4", len(texts)))


def _encodable(value: Any) -> Any:
    """The value with every text in it fit for UTF-8: lone surrogates are written as `\\udcff`."""
    if isinstance(value, str):
        return printable_utf8(value)
    if isinstance(value, dict):
        return {key: _encodable(entry) for key, entry in value.items()}
    return [_encodable(entry) for entry in value] if isinstance(value, list) else value


def read_results(path: Path) -> Results:
    """Results from a file, which is not trusted.

    Raises UserError when it is not one, is of another version or damaged, or is beyond 50 million pairs.
    """
    try:
        with h5py.File(path, "r") as file:
            return _read(file)
    except _MalformedError as error:
        raise UserError(f"{path}: {error}; {AGAIN}") from error
    # what h5py, pydantic and numpy make of bad bytes
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError) as error:
        raise UserError(f"{path} is missing, damaged, or not a file of results; {AGAIN}") from error


def is_of_another_kind(path: Path) -> bool:
    """Whether a file is HDF5 and says that it holds something else than results.

    False for one that cannot be opened: it may be results that are damaged.
    """
    try:
        with h5py.File(path, "r") as file:
            return not _says_results(file)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, UnicodeError):
        return False


class _MalformedError(Exception):
    """The file says what cannot be; the text says what."""


def _read(file: h5py.File) -> Results:
    _check_format(file)
    header = _read_header(file)
    ids, image_names = _load_texts(file, "ids"), _load_texts(file, "image_names")
    members = _load(file, "members", "<u4", (len(ids), 2)).astype(np.int64)
    categories = _load(file, "categories", "i1", (len(ids),)).astype(np.int8)
    similarity = _load(file, "similarity", "<f8", (len(ids),)).astype(np.float64)
    reasons = _load_texts(file, "rejected_reasons")
    rejected = _load(file, "rejected_rows", "<u4", (len(reasons),))
    hard = _load(file, "hard_rows", "<u4", (None,), MOST_CROPS).astype(np.int64)
    crops = _load_crops(file, len(hard))
    _demand(len(set(ids)) == len(ids), "two pairs have the same id")
    _demand(_within(members, 0, len(image_names) - 1), "a pair names an image that is not there")
    _demand(_within(categories, UNLABELLED, len(PairCategory) - 1), "a pair has an unknown category")
    _demand(_within(similarity[~np.isnan(similarity)], -1, 1), "a similarity is not from -1 to 1")
    _demand(_within(rejected, 0, len(image_names) - 1), "a reason belongs to no image")
    _demand(_within(hard, 0, len(ids) - 1), "crops belong to no pair")
    _demand(len(np.unique(rejected)) == len(reasons), "an image has two reasons")
    return Results(
        ids=ids,
        image_names=image_names,
        members=members,
        categories=categories,
        similarity=similarity,
        rejected=dict(zip(rejected.tolist(), reasons, strict=True)),
        hard=HardPairs(hard, crops),
        **{name: getattr(header, name) for name in _Header.model_fields},
    )


def _check_format(file: h5py.File) -> None:
    _demand(_says_results(file), "it is an HDF5 file, but not of results")
    stored = file.attrs.get_id("format_version")
    found = int(file.attrs["format_version"]) if stored.dtype.kind in "iu" and stored.shape == () else None
    _demand(
        found in READABLE_VERSIONS,
        f"format version {found} is none of those that this facetrust reads, 1 and {FORMAT_VERSION}",
    )


def _says_results(file: h5py.File) -> bool:
    # a text of variable length is not read, since it may lead astray
    text = h5py.check_string_dtype(file.attrs.get_id("format").dtype) if "format" in file.attrs else None
    named = file.attrs["format"] if text is not None and text.length is not None else b""
    return named in (FORMAT, FORMAT.encode())


def _read_header(file: h5py.File) -> _Header:
    data = _load(file, "header", "u1", (None,), MOST_HEADER).tobytes()
    try:
        return _Header.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise _MalformedError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _load(
    file: h5py.File, name: str, dtype: str, shape: tuple[int | None, ...], most: int = MOST_ROWS
) -> NDArray[Any]:
    """A column of this type and shape; where the shape has None any length up to `most` will do."""
    column = _column(file, name)
    _demand(
        column.dtype == np.dtype(dtype)
        and len(column.shape) == len(shape)
        and all(
            found <= most if wanted is None else found == wanted
            for found, wanted in zip(column.shape, shape, strict=True)
        ),
        f"{name} is malformed",
    )
    # so that a small file cannot ask for much memory
    _demand(column.nbytes <= MOST_EXPANSION * column.id.get_storage_size(), f"{name} is not all there")
    return np.asarray(column[()])


def _column(file: h5py.File, name: str) -> h5py.Dataset:
    """A data set whose bytes lie in the file itself."""
    _demand(isinstance(file.get(name, getlink=True), h5py.HardLink), f"{name} is missing")
    column = file[name]
    _demand(
        isinstance(column, h5py.Dataset) and not column.external and not column.is_virtual,
        f"{name} is not a plain data set",
    )
    return column


def _load_crops(file: h5py.File, pairs: int) -> NDArray[np.uint8]:
    """(pairs, 2, S, S, 3) uint8 RGB; their size is judged before a byte is read."""
    shape = _column(file, "hard_crops").shape
    square = len(shape) == 5 and shape[2] == shape[3]
    _demand(square and shape[2] in CROP_SIDES, "crops have a size unheard of")
    _demand(pairs * 2 * 3 * shape[2] ** 2 <= MOST_CROP_BYTES, "it holds too many crops")
    return _load(file, "hard_crops", "u1", (pairs, 2, *shape[2:4], 3))


def _load_texts(file: h5py.File, name: str) -> list[str]:
    lengths = _load(file, f"{name}_lengths", "<u4", (None,))
    text = _load(file, name, "u1", (None,), MOST_TEXT).tobytes().decode()
    ends = np.cumsum(lengths, dtype=np.int64)
    _demand(len(text) == (ends[-1] if len(ends) else 0), f"{name} is malformed")
    return [text[start:end] for start, end in zip((ends - lengths).tolist(), ends.tolist(), strict=True)]


def _within(values: NDArray[Any], least: int, most: int) -> bool:
    return not values.size or bool(values.min() >= least and values.max() <= most)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _MalformedError(otherwise)
