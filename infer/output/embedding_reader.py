"""Reader of the files of embeddings that `infer.output.embedding_file` writes; they are not trusted."""

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from common.formats.columns import Column, check_columns, missing_columns
from common.formats.csv_rows import read_csv_rows
from common.formats.hdf5 import MalformedError, decoded, naming
from common.runtime.errors import UserError
from infer.models.unit_length import are_of_unit_length
from infer.output.embedding_file import SUFFIXES, EmbeddedRows, files_of

AGAIN = "make it again with 'python -m infer embed'"
COLUMNS = {"embedding": Column("<f4", (None,)), "synthetic": Column("u1")}
HEADER = ["row", "path", "identity", "synthetic"]
MAX_LINE = 100_000  # characters of a line of the table
BLOCK = 65_536  # rows whose texts are read at a time


def is_embedding_file(path: Path) -> bool:
    """Whether a path is, by its name, a file of embeddings and no folder or list of photographs."""
    return path.suffix in SUFFIXES and not path.is_dir()


def read_embeddings(path: Path) -> EmbeddedRows:
    """The embeddings of a `.h5` or `.npy`, in memory, with what is known of their photographs.

    Raises UserError when it is not there, is damaged, is no file of embeddings, or its rows are not of unit
    length.
    """
    if not path.is_file():
        raise UserError(f"no such file of embeddings: {path}; make it with 'python -m infer embed'")
    with naming(path, AGAIN):
        found = _read_h5(path) if path.suffix == ".h5" else _read_npy(path)
        if not len(found):
            raise MalformedError("holds no embedding")
        if not are_of_unit_length(found.vectors):
            raise MalformedError("holds rows that are not of unit length")
    return found


def _read_h5(path: Path) -> EmbeddedRows:
    with h5py.File(path, "r") as file:
        check_columns(file, COLUMNS)
        vectors = np.asarray(file["embedding"][()])
        paths, identities = (_texts(file, name, len(vectors)) for name in ("path", "identity"))
        return EmbeddedRows(vectors, paths, identities, np.asarray(file["synthetic"][()]))


def _texts(file: h5py.File, name: str, rows: int) -> list[str]:
    """A column of text of any length, as embeddings are written row by row."""
    if missing_columns(file, [name]):
        raise MalformedError(f"lacks {name}")
    found = file[name]
    plain = isinstance(found, h5py.Dataset) and not found.external and not found.is_virtual
    if not plain or found.shape != (rows,) or h5py.check_string_dtype(found.dtype) is None:
        raise MalformedError(f"has a malformed column '{name}'")
    blocks = (found[start : start + BLOCK] for start in range(0, rows, BLOCK))
    return [decoded(text) for block in blocks for text in block]


def _read_npy(path: Path) -> EmbeddedRows:
    vectors: NDArray[np.float32] = np.load(path, allow_pickle=False)
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise MalformedError("is no array of embeddings, (N, D) float32")
    table = files_of(path)[1]
    rows = [cells for _, cells in read_csv_rows(table, max_line=MAX_LINE)]
    malformed = rows[:1] != [HEADER] or any(
        len(cells) != len(HEADER) or cells[0] != str(number) or cells[3] not in ("0", "1")
        for number, cells in enumerate(rows[1:])
    )
    if malformed or len(rows) != len(vectors) + 1:
        raise UserError(f"{table} does not fit {path.name}, beside which it lies; {AGAIN}")
    _, paths, identities, flags = ([cells[column] for cells in rows[1:]] for column in range(len(HEADER)))
    return EmbeddedRows(vectors, paths, identities, np.array(flags).astype(np.uint8))
