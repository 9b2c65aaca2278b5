import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from common.models.fused.fusion import Fusion
from common.runtime.errors import UserError
from infer.models.load import load_model
from infer.models.model import Model, Threshold
from infer.output.embedding_file import EmbeddedRows, write_embeddings
from infer.output.embedding_maker import note_file
from infer.output.embedding_reader import read_embeddings
from infer.search.request import SearchRequest
from infer.search.search import Search, search
from infer.search.side import maker_of_files, refuse_another_model

Finished = subprocess.CompletedProcess[str]
AT = Threshold(0.9, "as asked for")


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def searched(tiny_shards: Path, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Search:
    """Shards searched among themselves; the folder holds `gallery.h5`."""
    out = tmp_path_factory.mktemp("searched")
    return search(tiny_shards, tiny_shards, out, model, AT, SearchRequest(rank=3))


@pytest.fixture(scope="module")
def embedded(searched: Search) -> Path:
    return searched.table_file.with_name("gallery.h5")


@pytest.mark.slow
def test_shards_are_searched_among_themselves_and_pictured(searched: Search) -> None:
    assert (searched.left_out, len(searched.gallery.rows), len(searched.probes.rows)) == (18, 36, 54)
    header, *lines = table(searched.table_file)
    assert header == ["probe", "rank", "candidate", "identity", "similarity", "verdict"]
    assert len(lines) == 3 * 54 and [line[1] for line in lines[:4]] == ["1", "2", "3", "1"]
    assert all(line[0] != line[2] for line in lines), "nothing is its own candidate"
    assert {line[5] for line in lines} == {"match", "no_match"}
    assert all((float(line[4]) >= 0.9) == (line[5] == "match") for line in lines)
    figures = searched.figures
    assert figures is not None and (figures.identified.probes, figures.of_synthetic.probes) == (36, 18)
    assert figures.without_mate == 0 and figures.at_threshold["fnir"].total == 36
    assert searched.picture_file is not None
    with Image.open(searched.picture_file) as picture:
        assert picture.format == "PNG" and picture.height > picture.width / 2
    assert sorted(path.name for path in searched.table_file.parent.iterdir()) == [
        "gallery.h5",
        "gallery_rejected.csv",
        "matches.csv",
        "matches.png",
    ]


@pytest.mark.slow
def test_files_of_embeddings_give_the_same_without_pixels(
    searched: Search, embedded: Path, model: Model, tmp_path: Path
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    asked = SearchRequest(rank=3, table="parquet")
    found = search(embedded, embedded, tmp_path / "b", None, AT, asked)
    assert found.picture_file is None and found.figures == searched.figures
    rows = parquet.read_table(found.table_file).to_pylist()
    lines = table(searched.table_file)[1:]
    assert [[row["probe"], row["candidate"], row["verdict"]] for row in rows] == [
        [line[0], line[2], line[5]] for line in lines
    ]
    without = search(embedded, embedded, tmp_path / "c", None, None, SearchRequest())
    assert {line[5] for line in table(without.table_file)[1:]} == {""}
    with pytest.raises(UserError, match="would be overwritten"):
        search(tmp_path, embedded, embedded.parent, model, AT, SearchRequest())


def test_probes_that_are_pictures_of_the_gallery_are_counted(
    searched: Search, embedded: Path, tmp_path: Path
) -> None:
    assert searched.copies == 0
    (again := tmp_path / "again.h5").write_bytes(embedded.read_bytes())
    found = search(embedded, again, tmp_path / "out", None, AT, SearchRequest())
    assert found.copies == 36 and found.figures is not None and found.figures.identified.cmc[1] == 1


def test_embeddings_of_two_models_and_of_none_are_refused(model: Model, tmp_path: Path) -> None:
    embedded = tmp_path / "x.h5"
    own = EmbeddedRows(np.eye(2, 128, dtype=np.float32), ["a", "b"], ["a", "b"], np.zeros(2, np.uint8))
    write_embeddings(embedded, [own], model)
    other = load_model("random:mobilefacenet", tmp_path)
    rows = EmbeddedRows(np.eye(2, 512, dtype=np.float32), ["a", "b"], ["a", "b"], np.zeros(2, np.uint8))
    write_embeddings(tmp_path / "y.npy", [rows], other)
    with pytest.raises(UserError, match=r"random:ir_lite and .* random:mobilefacenet, which do not compare"):
        maker_of_files([embedded, tmp_path / "y.npy"])
    maker = maker_of_files([embedded, tmp_path])
    refuse_another_model(model, maker)
    with pytest.raises(UserError, match="random:mobilefacenet is another model"):
        refuse_another_model(other, maker)
    note_file(tmp_path / "y.npy").unlink()
    with pytest.raises(UserError, match="does not say which model made it"):
        maker_of_files([tmp_path / "y.npy"])
    with pytest.raises(UserError, match="no such file of embeddings"):
        maker_of_files([tmp_path / "z.h5"])


def test_files_are_read_back_and_never_trusted(model: Model, tmp_path: Path) -> None:
    rows = EmbeddedRows(
        np.eye(3, 128, dtype=np.float32), ["a,é", "b", "c"], ["x", "", "x"], np.uint8([0, 1, 0])
    )
    for name in ("x.h5", "x.npy"):
        write_embeddings(tmp_path / name, [rows], model)
        found = read_embeddings(tmp_path / name)
        np.testing.assert_array_equal(found.vectors, rows.vectors)
        assert (found.path, found.identity) == (rows.path, rows.identity)
        assert found.synthetic.tolist() == [0, 1, 0] and found.synthetic.dtype == np.uint8
    text = (tmp_path / "x.csv").read_text()
    (tmp_path / "x.csv").write_text(text.replace("2,c", "3,c"))
    with pytest.raises(UserError, match="does not fit"):
        read_embeddings(tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(UserError, match=r"x\.npy .*make it again"):
        read_embeddings(tmp_path / "x.npy")
    with h5py.File(tmp_path / "x.h5", "a") as file:
        file["embedding"][1] *= 2
    with pytest.raises(UserError, match="not of unit length"):
        read_embeddings(tmp_path / "x.h5")
    with h5py.File(tmp_path / "x.h5", "a") as file:
        del file["path"]
        file["path"] = h5py.ExternalLink("other.h5", "path")
    with pytest.raises(UserError, match="lacks path"):
        read_embeddings(tmp_path / "x.h5")
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    with pytest.raises(UserError, match="make it again"):
        read_embeddings(tmp_path / "x.h5")


@pytest.mark.slow
def test_the_command_tells_what_it_found(
    run_commands: Callable[..., list[Finished]], tiny_shards: Path, tmp_path: Path
) -> None:
    words = ["--model", "random:ir_lite", "--out", "a"]
    (told,) = run_commands([["infer", "search", tiny_shards, tiny_shards, *words]], tmp_path)
    assert told.returncode == 0, told.stderr
    assert "54 probes searched among 36 photographs of 6 people: a/matches.csv" in told.stdout
    assert "left out of the gallery: 18 synthetic photographs" in told.stdout
    assert "no threshold known, so no verdicts; add --threshold" in told.stdout
    assert "CMC: a mate is the first" in told.stdout and "Picture: a/matches.png" in told.stdout


def test_probes_are_counted_of_which_any_match_is_called_synthetic(model: Model, tmp_path: Path) -> None:
    """The first match of `b.png` is bona fide, its second one is not."""
    fusion = Fusion(features=2, synthetic_from=0.6)
    gates = {"a.png": 1.0, "b.png": 0.95, "c.png": 0.3}  # P(synthetic) 0, 0.05 and 0.7
    parts = np.array(list(gates.values()))
    vectors = np.zeros((3, 128), np.float32)
    vectors[:, 0], vectors[:, 2:5] = parts, np.diag(np.sqrt(1 - parts**2))
    rows = EmbeddedRows(vectors, list(gates), ["x", "y", "z"], np.zeros(3, np.uint8))
    write_embeddings(tmp_path / "all.h5", [rows], model)
    at = Threshold(0.25, "as asked for")
    found = search(tmp_path / "all.h5", tmp_path / "all.h5", tmp_path, None, at, SearchRequest(rank=2))
    assert found.called(fusion, 1) == 1  # c, whose nearest one is a
    assert found.called(fusion, 2) == 3
