"""Folders of clips, and of clips and photographs: from the files to shards and what is said of them."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from align.cli import app
from align.crops.options import AlignOptions
from align.shards.engines.engine import Engine
from align.shards.info import summarise
from align.shards.make import LOCK_FILE
from align.shards.run import AlignSummary, align_source, slices_of
from align.shards.show import contact_sheet
from align.sources.find import Source, find_source
from align.sources.photograph import Photograph
from align.tracks.options import ClipOptions
from common.formats.groups import group_names
from common.formats.shards import clip_columns, open_shard, origin_columns, read_rows
from common.runtime.errors import UserError

from ..media.clips import write_clip

Array = NDArray[np.uint8]
Save = Callable[[Path, Array], Path]
TWO = ClipOptions(frames=2)


def frame(portrait: Array, step: int, beside: Array | None = None) -> Array:
    shown = np.full((128, 256, 3), 120, np.uint8)
    shown[16:112, 8 + 4 * step : 104 + 4 * step] = cv2.resize(portrait, (96, 96))
    if beside is not None:
        shown[32:104, 176:248] = cv2.resize(beside, (72, 72))
    return shown


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory, portraits: list[Array], save_jpeg: Save) -> Path:
    """Real and fake clips beside a photograph; one is no video, and one shows nobody."""
    root = tmp_path_factory.mktemp("mixed")
    save_jpeg(root / "real" / "anna" / "0.jpg", portraits[0])
    for folder in ("real/anna", "real/boris", "fake/boris"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    write_clip(root / "real/anna/walk.mp4", [frame(portraits[0], step, portraits[1]) for step in range(4)])
    write_clip(root / "fake/boris/swap.MOV", [frame(portraits[2], step) for step in range(3)])
    write_clip(root / "real/boris/wall.mkv", [np.full((64, 64, 3), 99, np.uint8)] * 3)
    (root / "real/boris/text.avi").write_text("no video")
    return root


def align(source: Path, out: Path, workers: int = 1, face: str = "all", **options: object) -> AlignSummary:
    found = find_source(source, clips=True)
    return align_source(
        found,
        out,
        AlignOptions(face=face),  # type: ignore[arg-type]
        **{"clip_options": TWO, "engine": Engine(workers=workers), **options},  # type: ignore[arg-type]
    )


@pytest.mark.slow
def test_clips_and_photographs_become_rows_of_one_shard(mixed: Path, tmp_path: Path) -> None:
    summary = align(mixed, tmp_path / "out")
    assert (summary.photographs, summary.clips, summary.aligned, summary.crops) == (5, 4, 3, 7)
    assert (summary.frames, summary.faceless) == (4, 0)
    with open_shard(tmp_path / "out" / "shard-00000.h5") as shard:
        rows, clips, origins = read_rows(shard), clip_columns(shard), origin_columns(shard)
    assert clips is not None and origins is not None and rows.clips is not None
    walk, swap = "real/anna/walk.mp4", "fake/boris/swap.MOV"
    assert rows.path == [*clips.clip[:2], "real/anna/0.jpg", *clips.clip[3:]]
    assert clips.clip == [swap, swap, "", walk, walk, walk, walk]
    assert clips.frame.tolist() == [0, 2, -1, 0, 3, 0, 3]
    assert clips.track.tolist() == [0, 0, -1, 0, 0, 1, 1]
    np.testing.assert_allclose(clips.seconds, [0, 0.08, np.nan, 0, 0.12, 0, 0.12])
    assert rows.identity == ["boris"] * 2 + ["anna"] * 3 + [f"{walk}#1"] * 2
    assert rows.synthetic.tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert [group_names(text) for text in origins.groups] == [(swap,)] * 2 + [()] + [(walk,)] * 4
    assert (tmp_path / "out" / "rejected.csv").read_text() == (
        "path,reason\nreal/boris/text.avi,not a video but a text\n"
        "real/boris/wall.mkv,no face found (in 2 frames)\n"
    )

    info = summarise(tmp_path / "out")
    assert (info.clips, info.tracks, info.frames, info.faceless) == (2, 3, 4, 0)
    sheet = tmp_path / "sheet.png"
    assert contact_sheet(tmp_path / "out", sheet, per_person=5) == 7
    assert Image.open(sheet).size == (150 + 5 * 120, 4 * 120)  # a photograph and three tracks


@pytest.mark.slow
def test_the_same_bytes_from_one_and_two_workers_and_after_a_stop(mixed: Path, tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2)):
        align(mixed, tmp_path / name, workers, shard_size=2)
    names = sorted(path.name for path in (tmp_path / "one").glob("shard-*"))
    assert len(names) == 5

    def held(folder: str) -> list[bytes]:
        kept = [*names, "manifest.jsonl", "rejected.csv"]
        return [(tmp_path / folder / name).read_bytes() for name in kept]

    assert held("one") == held("two")
    (tmp_path / "two" / names[-1]).unlink()
    again = align(mixed, tmp_path / "two", shard_size=2)
    assert again.kept_shards == 4 and (again.frames, again.faceless) == (4, 0) and held("one") == held("two")
    with pytest.raises(UserError, match="with --frames 2, not none"):
        align(mixed, tmp_path / "two", shard_size=2, clip_options=ClipOptions(every=1.0))


@pytest.mark.slow
def test_a_run_of_clips_that_is_killed_goes_on_to_the_same_bytes(
    mixed: Path, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "import align.tracks.clip as clips\n"
        "from align.crops.options import AlignOptions\n"
        "from align.shards.engines.engine import Engine\n"
        "from align.shards.run import align_source\n"
        "from align.sources.find import find_source\n"
        "from align.tracks.options import ClipOptions\n"
        "look, calls = clips.look_of, []\n"
        "def look_of(*given):\n"
        "    calls.append(given)\n"
        "    if len(calls) == 4: os.kill(os.getpid(), signal.SIGKILL)\n"  # within the second clip
        "    return look(*given)\n"
        "clips.look_of = look_of\n"
        "source, out = find_source(Path(sys.argv[1]), clips=True), Path(sys.argv[2])\n"
        "options = ClipOptions(frames=2)\n"
        "align_source(source, out, AlignOptions(face='all'), clip_options=options, shard_size=2, "
        "engine=Engine(workers=1))\n"
    )
    words = [sys.executable, "-c", program, mixed, tmp_path / "killed"]
    assert subprocess.run(words, env=process_environment, check=False).returncode == -signal.SIGKILL
    begun = len(list((tmp_path / "killed").glob("shard-*.h5")))
    assert align(mixed, tmp_path / "killed", shard_size=2).kept_shards == begun and 1 <= begun < 5
    align(mixed, tmp_path / "whole", shard_size=2)
    killed, whole = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir() if path.name != LOCK_FILE}
        for name in ("killed", "whole")
    )
    assert killed == whole


def test_slices_hold_so_many_photographs_and_frames() -> None:
    named = [Photograph(name, "a", False) for name in ("0.jpg", "1.jpg", "2.mp4", "3.mp4", "4.jpg", "5.mp4")]

    def sizes(size: int, options: ClipOptions) -> list[int]:
        return [len(part) for part in slices_of(named, size, options)]

    assert sizes(5, TWO) == [3, 3]
    assert sizes(5, ClipOptions(frames=3)) == [3, 2, 1]
    assert sizes(256, ClipOptions(every=1.0)) == [2, 1, 1, 1, 1]
    assert sizes(1, TWO) == [1] * 6
    assert list(slices_of([], 5, TWO)) == []


@pytest.mark.parametrize("layout", ["people", "flat", "real-fake", "labels", "csv"])
def test_every_layout_takes_clips(layout: str, tmp_path: Path) -> None:
    files = {
        "people": ["anna/1.mp4", "anna/2.jpg", "boris/1.WEBM"],
        "flat": ["1.mp4", "2.jpg"],
        "real-fake": ["real/1.mp4", "fake/1.avi", "fake/2.jpg"],
        "labels": ["1.mp4", "2.m4v", "3.jpg"],
        "csv": ["a/1.mp4", "a/2.mkv"],
    }[layout]
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path
    if layout in ("labels", "csv"):
        lines = [f"{name.rpartition('.')[0]},{index % 2}" for index, name in enumerate(files)]
        (tmp_path / "labels.csv").write_text("\n".join(["filename,is_fake", *lines]))
    if layout == "csv":
        named = tmp_path / "labels.csv"
    found = find_source(named, clips=True)
    assert found.layout == layout and [one.path for one in found.photographs] == sorted(files)
    assert found.clips == sum(not name.endswith(".jpg") for name in files)
    if layout in ("labels", "csv"):
        assert [one.synthetic for one in found.photographs] == [bool(i % 2) for i in range(len(files))]


def test_whoever_does_not_ask_for_clips_gets_none(tmp_path: Path) -> None:
    for name in ("1.mp4", "2.jpg"):
        (tmp_path / name).touch()
    found: Source = find_source(tmp_path)
    assert [one.path for one in found.photographs] == ["2.jpg"] and not found.clips
    assert found.account()["other files"] == {"videos (.mp4)": 1}
    assert find_source(tmp_path, clips=True).account()["clips"] == 1


@pytest.mark.slow
def test_what_the_command_tells(mixed: Path, tmp_path: Path, save_jpeg: Save, portraits: list[Array]) -> None:
    def told(*words: object) -> str:
        done = CliRunner().invoke(app, ["run", *map(str, words), "--workers", "1"], env={"COLUMNS": "200"})
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    output = told(mixed, "--out", tmp_path / "out", "--frames", 1)
    assert output.startswith("1 photograph and 4 clips of 2 people in ")
    assert "3 of 1 photograph and 4 clips aligned into 1 shard" in output
    save_jpeg(tmp_path / "stills" / "0.jpg", portraits[0])
    assert "--all-frames say nothing here" in told(
        tmp_path / "stills", "--out", tmp_path / "one", "--all-frames"
    )


@pytest.mark.slow
def test_clips_may_join_photographs_that_are_there(
    mixed: Path, tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    source = tmp_path / "in"
    save_jpeg(source / "a" / "0.jpg", portraits[0])
    align(source, tmp_path / "out", shard_size=1)
    assert "frames" not in (tmp_path / "out" / "manifest.jsonl").read_text()
    (source / "b").mkdir()
    write_clip(source / "b" / "1.mp4", [frame(portraits[1], 0)])
    assert align(source, tmp_path / "out", shard_size=1).kept_shards == 1
    header, *_ = (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()
    assert json.loads(header)["options"]["frames"] == 2
