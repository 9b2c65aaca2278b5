import csv
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

import infer.embed
from align.shards.engines.engine import Engine
from align.shards.run import align_source
from align.sources.find import find_source
from common.formats.shards import ShardHeader, ShardRows, open_shard, shard_paths, write_shard
from common.runtime.errors import UserError
from infer.embed import embed_source
from infer.embed_request import EmbedRequest
from infer.models.load import load_model
from infer.models.model import Model
from infer.output.embedding_maker import maker_of, note_file

Image = NDArray[np.uint8]


@pytest.fixture
def photographs(tmp_path: Path, portraits: list[Image], save_jpeg: Callable[[Path, Image], Path]) -> Path:
    """Two people with two photographs each, one of them synthetic; a blank one and a text file."""
    root = tmp_path / "photographs"
    for name, shown in {"b/0.jpg": 0, "b/1.jpg": 1, "a/1.jpg": 2, "a/0.jpg": 3}.items():
        save_jpeg(root / name, portraits[shown])
    save_jpeg(root / "a" / "blank.jpg", np.full((200, 200, 3), 128, np.uint8))
    (root / "b" / "text.jpg").write_text("no image")
    flags = {path.relative_to(root).as_posix(): 0 for path in root.glob("*/*")} | {"b/1.jpg": 1}
    (root / "meta.json").write_text(json.dumps(flags))
    return root


def table(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("per_block", [4096, 2])
def test_photographs_in_the_order_of_their_paths_and_what_is_known_of_them(
    photographs: Path, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per_block: int
) -> None:
    monkeypatch.setattr(infer.embed, "BLOCK", per_block)
    calls: list[tuple[int, int]] = []
    out = tmp_path / "out" / "x.h5"
    found = embed_source(photographs, out, model, 1, lambda *call: calls.append(call))
    assert (found.rows, found.rejected, found.file) == (4, 2, out)
    assert calls == sorted(calls) and calls[-1] == (6, 6)
    with h5py.File(out) as file:
        assert file["path"].asstr()[:].tolist() == ["a/0.jpg", "a/1.jpg", "b/0.jpg", "b/1.jpg"]
        assert file["identity"].asstr()[:].tolist() == ["a", "a", "b", "b"]
        assert file["synthetic"][:].tolist() == [0, 0, 0, 1]
        np.testing.assert_allclose(np.linalg.norm(file["embedding"][:], axis=1), 1, rtol=1e-5)
    assert table(found.rejects_file) == [
        ["path", "reason"],
        ["a/blank.jpg", "no face found"],
        ["b/text.jpg", "not an image"],
    ]


def test_the_shards_of_stage_1_give_the_embeddings_of_their_photographs(
    photographs: Path, model: Model, tmp_path: Path
) -> None:
    align_source(find_source(photographs), tmp_path / "shards", engine=Engine(workers=1))
    embed_source(photographs, tmp_path / "x.npy", model, 1)
    calls: list[tuple[int, int]] = []
    found = embed_source(tmp_path / "shards", tmp_path / "y.npy", model, 1, lambda *call: calls.append(call))
    assert (found.rows, found.rejected, calls[-1]) == (4, 0, (4, 4))
    assert (tmp_path / "x.csv").read_bytes() == (tmp_path / "y.csv").read_bytes()
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), np.load(tmp_path / "y.npy"), atol=1e-5)
    assert table(found.rejects_file) == [["path", "reason"]]


def test_all_crops_of_all_shards_in_their_order(tiny_shards: Path, model: Model, tmp_path: Path) -> None:
    found = embed_source(tiny_shards, tmp_path / "x.h5", model)
    expected = []
    for path in shard_paths(tiny_shards):
        with open_shard(path) as shard:
            expected += [model.embed(shard["images"][row : row + 1])[0] for row in range(27)]
    assert found.rows == 54
    with h5py.File(found.file) as file:
        np.testing.assert_allclose(file["embedding"][:], expected, atol=1e-5)
        assert file["identity"].asstr()[::9].tolist() == [f"person{person}" for person in range(6)]
        assert file["synthetic"][:9].tolist() == [0] * 6 + [1] * 3


@pytest.mark.parametrize(
    ("size", "template", "margin"),
    [(128, "arcface", 0), (112, "loose", 0.3), (112, "box", 0), (112, "\x1b", 0)],
)
def test_crops_that_the_model_does_not_take_are_refused(
    tmp_path: Path, model: Model, size: int, template: str, margin: float
) -> None:
    rows = ShardRows(
        np.zeros((1, size, size, 3), np.uint8),
        ["p"],
        np.zeros(1, np.uint8),
        ["p/0.jpg"],
        *(np.zeros((1, *shape), np.float32) for shape in ((5, 2), (4,), ())),
        np.zeros(1, np.uint8),
    )
    write_shard(tmp_path / "s" / "shard-00000.h5", ShardHeader("x", "", template, size, margin), rows)
    with pytest.raises(UserError, match="--size 112") as refused:
        embed_source(tmp_path / "s", tmp_path / "x.h5", model)
    assert "\x1b" not in str(refused.value)
    assert not (tmp_path / "x.h5").exists()


def test_where_no_photograph_is_usable_the_reasons_are_left(tmp_path: Path, model: Model) -> None:
    (tmp_path / "p" / "a").mkdir(parents=True)
    (tmp_path / "p" / "a" / "0.jpg").write_text("no image")
    (tmp_path / "p" / "a" / "1.jpg").symlink_to(tmp_path / "outside.jpg")
    (tmp_path / "outside.jpg").write_text("x")
    with pytest.raises(UserError, match=r"no usable face in any .*x_rejected\.csv"):
        embed_source(tmp_path / "p", tmp_path / "x.npy", model, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside.jpg", "p", "x_rejected.csv"]
    assert [row[0] for row in table(tmp_path / "x_rejected.csv")] == ["path", "a/0.jpg", "a/1.jpg"]


def test_a_photograph_that_is_listed_twice_is_embedded_once(
    photographs: Path, model: Model, tmp_path: Path
) -> None:
    listed = photographs / "list.csv"
    listed.write_text("path,identity\nb/0.jpg,anna\nb/0.jpg,anna\nb/text.jpg,x\nb/text.jpg,x\n")
    found = embed_source(listed, tmp_path / "x.npy", model, 1)
    assert table(tmp_path / "x.csv")[1:] == [["0", "b/0.jpg", "anna", "0"]]
    assert [row[0] for row in table(found.rejects_file)[1:]] == ["b/0.jpg", "b/text.jpg", "b/text.jpg"]


def test_what_is_to_be_embedded_is_never_overwritten(
    photographs: Path, model: Model, tiny_shards: Path, make_rows: Callable[..., ShardRows]
) -> None:
    listed = photographs / "list.csv"
    listed.write_text("b/0.jpg\n")
    shard = shard_paths(tiny_shards)[1]
    before = shard.read_bytes()
    for source, out in (
        (listed, listed.with_suffix(".npy")),
        (tiny_shards, shard),
        (tiny_shards, tiny_shards / "x" / ".." / shard.name),
    ):
        with pytest.raises(UserError, match="would overwrite"):
            embed_source(source, out, model, 1)
    assert listed.read_text() == "b/0.jpg\n" and shard.read_bytes() == before


def test_no_source_says_what_to_do(tmp_path: Path, model: Model) -> None:
    with pytest.raises(UserError, match="no such folder"):
        embed_source(tmp_path / "absent", tmp_path / "x.h5", model)
    assert not list(tmp_path.iterdir())


def test_one_photograph_is_a_source(photographs: Path, model: Model, tmp_path: Path) -> None:
    whole = embed_source(photographs, tmp_path / "all.npy", model, 1)
    found = embed_source(photographs / "b" / "0.jpg", tmp_path / "one.npy", model, 1)
    assert (found.rows, whole.rows) == (1, 4)
    np.testing.assert_array_equal(np.load(found.file)[0], np.load(whole.file)[2])
    assert table(tmp_path / "one.csv")[1] == ["0", "0.jpg", "0", "0"]


@pytest.mark.parametrize("suffix", [".npy", ".h5"])
def test_embeddings_of_another_model_are_not_overwritten(
    photographs: Path, model: Model, tmp_path: Path, suffix: str
) -> None:
    source, out = photographs / "b" / "0.jpg", tmp_path / f"x{suffix}"
    embed_source(source, out, model, 1)
    before = out.read_bytes()
    maker = maker_of(out)
    assert maker is not None and (maker.model, maker.size) == ("random:ir_lite", 112)
    embed_source(source, out, model, 1)
    other = load_model("random:mobilefacenet", tmp_path)
    with pytest.raises(
        UserError, match=r"holds embeddings of random:ir_lite.* of random:mobilefacenet"
    ) as told:
        embed_source(source, out, other, 1)
    assert "--overwrite" in str(told.value) and out.read_bytes() == before
    embed_source(source, out, other, 1, asked=EmbedRequest(overwrite=True))
    assert (maker := maker_of(out)) is not None and maker.model == "random:mobilefacenet"
    if suffix == ".npy":
        note_file(out).write_text("[")
    else:
        out.write_bytes(b"something else")
    assert maker_of(out) is None
    with pytest.raises(UserError, match="does not say which model made it"):
        embed_source(source, out, other, 1)
