import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.runtime.checksum import file_sha256
from common.runtime.errors import UserError
from infer.models.encoder_model import EncoderModel
from infer.models.model import Model
from infer.output.embedding_file import EmbeddedRows, files_of, write_embeddings


def block(start: int, count: int, size: int) -> EmbeddedRows:
    rows = range(start, start + count)
    vectors = np.random.default_rng(start).normal(size=(count, size)).astype(np.float32)
    return EmbeddedRows(
        vectors,
        [f"p/é,{row}.jpg" for row in rows],
        [f'"{row % 3}"' for row in rows],
        np.array([row % 2 for row in rows], np.uint8),
    )


def blocks_of(lengths: list[int], size: int) -> list[EmbeddedRows]:
    starts = np.cumsum([0, *lengths])[:-1].tolist()
    return [block(start, count, size) for start, count in zip(starts, lengths, strict=True)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=4))
def test_both_forms_hold_all_rows_of_all_blocks(
    tmp_path_factory: pytest.TempPathFactory, model: Model, lengths: list[int]
) -> None:
    folder, size = tmp_path_factory.getbasetemp(), model.card.embedding_size
    blocks = blocks_of(lengths, size)
    vectors = np.concatenate([np.zeros((0, size), np.float32), *(entry.vectors for entry in blocks)])
    path, identity = (
        [text for entry in blocks for text in getattr(entry, name)] for name in ("path", "identity")
    )
    synthetic = [flag for entry in blocks for flag in entry.synthetic.tolist()]

    assert write_embeddings(folder / "x.h5", blocks, model) == len(vectors)
    with h5py.File(folder / "x.h5") as file:
        assert file["embedding"].dtype == np.float32
        np.testing.assert_array_equal(file["embedding"][:], vectors)
        assert file["path"].asstr()[:].tolist() == path
        assert file["identity"].asstr()[:].tolist() == identity
        assert file["synthetic"][:].tolist() == synthetic

    assert write_embeddings(folder / "x.npy", blocks, model) == len(vectors)
    for mode in (None, "r"):
        stored = np.load(folder / "x.npy", mmap_mode=mode, allow_pickle=False)
        assert stored.dtype == np.float32
        np.testing.assert_array_equal(stored, vectors)
    with (folder / "x.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["row", "path", "identity", "synthetic"]
    numbers, flags = map(str, range(len(path))), map(str, synthetic)
    assert rows == [list(row) for row in zip(numbers, path, identity, flags, strict=True)]


def test_the_model_is_on_record(tmp_path: Path, model: Model) -> None:
    (tmp_path / "weights").write_bytes(b"weights")
    assert isinstance(model, EncoderModel)
    known = file_sha256(tmp_path / "weights")
    card = replace(model.card, name="w.pt")
    stored = EncoderModel(model.encoder, card, None, tmp_path / "weights", known)
    (tmp_path / "weights").write_bytes(b"other weights, after the model was loaded")
    expected = {"format": "facetrust-embeddings", "format_version": 1, "backbone": "ir_lite", "size": 112}
    for of, name, sha256 in (
        (stored, "w.pt", known),
        (model, "random:ir_lite", ""),
    ):
        write_embeddings(tmp_path / "x.h5", blocks_of([2], model.card.embedding_size), of)
        with h5py.File(tmp_path / "x.h5") as file:
            assert dict(file.attrs) == expected | {"model": name, "model_sha256": sha256}


def test_the_same_rows_give_the_same_bytes(tmp_path: Path, model: Model) -> None:
    for name in ("one", "two"):
        for suffix in (".h5", ".npy"):
            write_embeddings(
                tmp_path / f"{name}{suffix}", blocks_of([7, 300], model.card.embedding_size), model
            )
    for suffix in (".h5", ".npy", ".csv"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


def test_texts_that_hdf5_or_utf_8_cannot_hold_are_escaped(tmp_path: Path, model: Model) -> None:
    odd = replace(block(0, 2, model.card.embedding_size), path=["a\0b", "c\udcff"])
    write_embeddings(tmp_path / "x.h5", [odd], model)
    with h5py.File(tmp_path / "x.h5") as file:
        assert file["path"].asstr()[:].tolist() == ["a\\x00b", "c\\udcff"]
    write_embeddings(tmp_path / "x.npy", [odd], model)
    assert "c\\udcff" in (tmp_path / "x.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["x.h5", "x.npy"])
def test_a_failure_on_the_way_leaves_the_older_files(tmp_path: Path, model: Model, name: str) -> None:
    size = model.card.embedding_size
    write_embeddings(tmp_path / name, [block(0, 3, size)], model)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def failing() -> Iterator[EmbeddedRows]:
        yield block(5, 3, size)
        raise UserError("the disk is on fire")

    with pytest.raises(UserError, match="on fire"):
        write_embeddings(tmp_path / name, failing(), model)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_suffix_says_the_form(tmp_path: Path, model: Model) -> None:
    assert files_of(Path("a.b/x.h5")) == [Path("a.b/x.h5")]
    assert files_of(Path("x.y.npy")) == [Path("x.y.npy"), Path("x.y.csv"), Path("x.y.npy.json")]
    for name in ("x", "x.csv", "x.npz"):
        with pytest.raises(UserError, match=r"must end in \.h5 or \.npy"):
            write_embeddings(tmp_path / name, [], model)
