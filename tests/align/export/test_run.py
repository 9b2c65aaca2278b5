"""Crops as files, and their labels read again from them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from align.cli import app
from align.crops.options import AlignOptions
from align.export.kinds import ImageFormat
from align.export.run import export_crops
from align.shards.engines.engine import Engine
from align.shards.run import align_source
from align.sources.find import find_source
from common.formats.groups import group_names
from common.formats.shards import (
    ClipColumns,
    ForgeryColumns,
    OriginColumns,
    ShardHeader,
    ShardRows,
    open_shard,
    read_header,
    read_rows,
    shard_paths,
    write_shard,
)
from common.runtime.command_line import run_app
from common.runtime.errors import UserError

Array = NDArray[np.uint8]
MakeRows = Callable[..., ShardRows]
PATHS = [
    "anna/0.jpg",
    "anna/0.jpg",
    "anna/0.png",
    "Anna/0.JPG",
    "boris/é #1.webp",
    "boris/a.mp4",
    "boris/a.mp4",
]
NAMES = [
    *("anna/0.png", "anna/0_face1.png", "anna/0_2.png", "Anna/0_3.png", "boris/é #1.png"),
    *("boris/a_frame000003_track0.png", "boris/a_frame000003_track1.png"),
]
PEOPLE = ["anna", "anna/0.jpg#1", "anna", "Anna", "boris", "boris", "boris/a.mp4#1"]
FLAGS = [0, 0, 1, 0, 0, 1, 1]


@pytest.fixture
def shards(tmp_path: Path, crops: list[Array], make_rows: MakeRows, shard_header: ShardHeader) -> Path:
    """Two shards of photographs and a clip."""
    images = [np.roll(crops[row % len(crops)], row, axis=1) for row in range(len(PATHS))]
    rows = replace(
        make_rows(images, PEOPLE, FLAGS),
        path=PATHS,
        origins=OriginColumns([*[""] * 3, "a\nb", "b", "c", "c"], ["", "", "gan", "", "", "swap", "swap"]),
        clips=ClipColumns(
            [*[""] * 5, *["boris/a.mp4"] * 2],
            np.array([-1] * 5 + [3, 3], np.int32),
            np.array([np.nan] * 5 + [0.1, 0.1]),
            np.array([-1] * 5 + [0, 1], np.int32),
        ),
    )
    (tmp_path / "shards").mkdir()
    write_shard(tmp_path / "shards" / "shard-00000.h5", shard_header, rows)
    return tmp_path / "shards"


def read_again(source: Path, out: Path) -> ShardRows:
    align_source(find_source(source), out, AlignOptions("none"), engine=Engine(workers=1))
    (path,) = shard_paths(out)
    with open_shard(path) as shard:
        return read_rows(shard)


def test_labels_and_pixels_come_back_from_the_list(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "crops"
    done = export_crops(shards, out, ImageFormat.PNG)
    assert [(path, name) for path, name in done.clashes] == [
        ("anna/0.png", "anna/0_2.png"),
        ("Anna/0.JPG", "Anna/0_3.png"),
    ]
    assert (done.crops, done.kept, done.synthetic, done.by_folder) == (7, 0, 3, False)
    with open_shard(shards / "shard-00000.h5") as shard:
        before = read_rows(shard)
    after = read_again(out / "crops.csv", tmp_path / "again")
    order = [after.path.index(name) for name in NAMES]
    np.testing.assert_array_equal(after.images[order], before.images)
    assert [after.identity[row] for row in order] == PEOPLE
    assert after.synthetic[order].tolist() == FLAGS
    assert after.origins is not None and before.origins is not None
    assert [after.origins.species[row] for row in order] == before.origins.species
    groups = [group_names(after.origins.groups[row]) for row in order]
    assert groups == [(), (), (), ("a",), ("a",), ("c",), ("c",)]  # b is what a is, for one crop has both


def test_labels_that_folders_do_not_tell_are_read_from_the_list(
    tmp_path: Path, crops: list[Array], make_rows: MakeRows, shard_header: ShardHeader
) -> None:
    """A pseudo-label would come back as a label, and a forgery without whom it was made of."""
    rows = make_rows(crops[:4], ["anna", "boris", "cleo", "dora"], [0, 0, 1, 1])
    rows = replace(rows, path=["anna/0.png", "boris/0.png", "cleo/0.png", "dora/0.png"])
    sources = ["", "", json.dumps([{"identity": "boris"}]), ""]
    made = {
        "plain": rows,
        "guessed": replace(rows, pseudo=np.array([0, 1, 0, 0], np.uint8)),
        "forged": replace(rows, forged=ForgeryColumns(["", "", "swap", ""], ["", "", "{}", ""], sources)),
    }
    for name, own in made.items():
        (tmp_path / name).mkdir()
        write_shard(tmp_path / name / "shard-00000.h5", shard_header, own)
        done = export_crops(tmp_path / name, tmp_path / f"{name}-crops", ImageFormat.PNG)
        assert done.by_folder is (name == "plain")
    after = read_again(tmp_path / "forged-crops" / "crops.csv", tmp_path / "again")
    assert after.origins is not None
    tied = dict(zip(after.path, after.origins.groups, strict=True))
    assert tied["cleo/0.png"] == tied["boris/0.png"] != tied["anna/0.png"] != tied["dora/0.png"]


def test_a_folder_per_person_is_read_by_its_meta_json(
    tiny_shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "crops"
    with pytest.raises(SystemExit) as ended:
        run_app(app, ["export", str(tiny_shards), "--out", str(out), "--quality", "90"])
    told = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0 and "54 crops of" in told
    assert "careful" not in told  # of arcface crops
    assert f"align run {out} --detector none" in told.replace(" /", "/").replace("run/", "run /")
    found = find_source(out)
    assert found.layout == "people"
    expected = {}
    for path in shard_paths(tiny_shards):
        with open_shard(path) as shard:
            rows = read_rows(shard)
        expected |= dict(
            zip(rows.path, zip(rows.identity, rows.synthetic.tolist(), strict=True), strict=True)
        )
    labels = {one.path: (one.identity, int(one.synthetic)) for one in found.photographs}
    assert labels == {f"{path.rpartition('.')[0]}.jpg": label for path, label in expected.items()}
    record = json.loads((out / "export.json").read_text())
    assert (record["template"], record["size"], record["format"], record["quality"]) == (
        "arcface",
        112,
        "jpeg",
        90,
    )
    with Image.open(out / found.photographs[0].path) as image:
        assert image.format == "JPEG" and image.size == (112, 112)


def test_crops_that_would_be_read_again_as_arcface_ones_are_told(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in shard_paths(shards):
        with open_shard(path) as shard:
            header, rows = read_header(shard), read_rows(shard)
        write_shard(path, replace(header, template="loose", margin=0.5), rows)
    with pytest.raises(SystemExit):
        run_app(app, ["export", str(shards), "--out", str(tmp_path / "loose")])
    told = " ".join(capsys.readouterr().out.split())
    assert "count as arcface ones, these are loose" in told


def test_a_stopped_run_goes_on_and_another_is_refused(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "crops"
    export_crops(shards, out, ImageFormat.WEBP)
    whole = {path: path.read_bytes() for path in sorted(out.rglob("*.webp"))}
    lost, *others = whole
    lost.unlink()
    (out / "meta.json").unlink()
    times = [path.stat().st_mtime_ns for path in others]
    assert export_crops(shards, out, ImageFormat.WEBP).kept == len(others) == 6
    assert {path: path.read_bytes() for path in whole} == whole and (out / "meta.json").exists()
    assert [path.stat().st_mtime_ns for path in others] == times
    with pytest.raises(UserError, match="crops of other shards or another format"):
        export_crops(shards, out, ImageFormat.WEBP, quality=50)
    with pytest.raises(UserError, match="holds other files"):
        export_crops(shards, shards)
    with pytest.raises(UserError, match="quality goes with format jpeg or webp"):
        export_crops(shards, out, ImageFormat.PNG, quality=50)


@pytest.mark.parametrize(
    "path", ["../0.jpg", "/tmp/0.jpg", "a/../../0.jpg", "c:\\0.jpg", "a\0.jpg", "a" * 300, ""]
)
def test_nothing_leaves_the_folder(
    path: str, tmp_path: Path, crops: list[Array], make_rows: MakeRows, shard_header: ShardHeader
) -> None:
    (tmp_path / "shards").mkdir()
    rows = replace(make_rows(crops[:1], ["anna"], [0]), path=[path])
    write_shard(tmp_path / "shards" / "shard-00000.h5", shard_header, rows)
    with pytest.raises(UserError, match="no path below a folder"):
        export_crops(tmp_path / "shards", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_link_in_the_folder_is_not_followed_out_of_it(shards: Path, tmp_path: Path) -> None:
    out = tmp_path / "crops"
    export_crops(shards, out, ImageFormat.PNG)
    for path in (out / "anna").iterdir():
        path.unlink()
    (out / "anna").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (out / "anna").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="leads out of the folder"):
        export_crops(shards, out, ImageFormat.PNG)
    assert not any((tmp_path / "elsewhere").iterdir())
