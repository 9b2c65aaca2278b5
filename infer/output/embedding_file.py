"""Files of embeddings, written block by block: HDF5, or a NumPy array with a CSV beside it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

import h5py
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from common.formats.csv_file import csv_line, printable_utf8, write_csv
from common.formats.hdf5 import write_h5
from common.runtime.atomic import write_atomically, write_text_atomically
from common.runtime.errors import UserError
from infer.models.model import Model
from infer.output.embedding_maker import FORMAT, FORMAT_VERSION, Maker, note_file

SUFFIXES = (".h5", ".npy")
H5_CHUNK = 256  # rows


@dataclass(frozen=True)
class EmbeddedRows:
    """N embeddings and what is known of the photographs they are of."""

    vectors: NDArray[np.float32] = field(repr=False)  # (N, D), of unit length
    path: list[str]  # as the source names them
    identity: list[str]
    synthetic: NDArray[np.uint8]  # (N,) 1 = synthetic, 0 = bona fide

    def __len__(self) -> int:
        return len(self.vectors)


def files_of(path: Path) -> list[Path]:
    """The files that `write_embeddings` writes.

    With `.npy` come the CSV `row,path,identity,synthetic` and the note of the model that made it.

    Raises UserError for another suffix than `.h5` and `.npy`.
    """
    if path.suffix not in SUFFIXES:
        raise UserError(f"--out must end in {' or '.join(SUFFIXES)}, not be {path.name}")
    return [path] if path.suffix == ".h5" else [path, path.with_suffix(".csv"), note_file(path)]


def write_embeddings(path: Path, blocks: Iterable[EmbeddedRows], model: Model) -> int:
    """Write embeddings as they come, atomically, in the form that the suffix names; returns how many.

    `.h5` has the data sets `embedding` (N, D) float32, `path` and `identity` (N,) text, `synthetic` (N,)
    uint8, and the attributes `model`, `backbone`, `model_sha256` (of its file as it was loaded,
    empty for untrained baselines) and `size` (pixels, both sides of the crops). `.npy` is (N, D) float32, the
    rest is in the CSV and the attributes in `NAME.npy.json`.

    Raises UserError as `files_of`, OSError when a file cannot be written, and what `blocks` raises; then
    there is no file.
    """
    files = files_of(path)
    if len(files) == 1:
        return _write_h5(path, blocks, model)
    known: list[tuple[list[str], list[str], list[int]]] = []
    count = 0

    def noted() -> Iterator[NDArray[np.float32]]:
        nonlocal count
        for block in blocks:
            count += len(block)
            known.append((block.path, block.identity, block.synthetic.tolist()))
            yield block.vectors

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            _write_npy(file, noted(), model.card.embedding_size)
        write_csv(files[1], "row,path,identity,synthetic", _lines(known))
        write_text_atomically(files[2], Maker.of(model).as_note())

    write_atomically(path, write)
    return count


def _lines(known: list[tuple[list[str], list[str], list[int]]]) -> Iterator[str]:
    rows = (row for block in known for row in zip(*block, strict=True))
    for number, (path, identity, synthetic) in enumerate(rows):
        yield csv_line(str(number), path, identity, str(synthetic))


def _write_npy(file: BinaryIO, blocks: Iterable[NDArray[np.float32]], size: int) -> None:
    """An array whose length is known only at its end: NumPy leaves room in the header for it."""
    _write_npy_header(file, (0, size))
    start, count = file.tell(), 0
    for vectors in blocks:
        file.write(np.ascontiguousarray(vectors, "<f4").tobytes())
        count += len(vectors)
    file.seek(0)
    _write_npy_header(file, (count, size))
    if file.tell() != start:
        raise RuntimeError("the header of the array has grown over its first row")


def _write_npy_header(file: BinaryIO, shape: tuple[int, int]) -> None:
    npy.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})


def _write_h5(path: Path, blocks: Iterable[EmbeddedRows], model: Model) -> int:
    count = 0

    def fill(file: h5py.File, check: Callable[[], None]) -> None:
        nonlocal count
        file.attrs.update(_attributes(model))
        columns = _create_columns(file, model.card.embedding_size)
        for block in blocks:
            end = count + len(block)
            for column in columns.values():
                column.resize(end, axis=0)
            columns["embedding"][count:end] = block.vectors
            columns["synthetic"][count:end] = block.synthetic
            columns["path"][count:end] = [_h5_text(text) for text in block.path]
            columns["identity"][count:end] = [_h5_text(text) for text in block.identity]
            count = end
            check()

    write_atomically(path, lambda temporary: write_h5(temporary, fill))
    return count


def _create_columns(file: h5py.File, size: int) -> dict[str, h5py.Dataset]:
    formats = {
        "embedding": (np.dtype("<f4"), (size,)),
        "path": (h5py.string_dtype(), ()),
        "identity": (h5py.string_dtype(), ()),
        "synthetic": (np.dtype("u1"), ()),
    }
    return {
        name: file.create_dataset(
            name, (0, *shape), dtype, maxshape=(None, *shape), chunks=(H5_CHUNK, *shape), track_times=False
        )
        for name, (dtype, shape) in formats.items()
    }


def _attributes(model: Model) -> dict[str, str | int]:
    said = {
        name: _h5_text(value) if isinstance(value, str) else value
        for name, value in asdict(Maker.of(model)).items()
    }
    return {"format": FORMAT, "format_version": FORMAT_VERSION, **said}


def _h5_text(text: str) -> str:
    """HDF5 ends a text at a NUL."""
    return printable_utf8(text).replace("\0", "\\x00")
