import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from align.crops.options import AlignOptions, OnMissing
from align.shards.engines.engine import Engine
from align.shards.info import SCORE_BINS, summarise
from align.shards.run import align_source
from align.sources.find import find_source
from common.formats.crop_frame import Template
from common.formats.shards import shard_paths

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Save = Callable[[Path, Array], Path]

LANDMARKS, CENTRE, AS_GIVEN = (
    "aligned by landmarks",
    "middle of a photograph without a face",
    "taken as they were",
)


def align_folder(source: Path, out: Path, shard_size: int = 4, **options: Any) -> Path:
    made = AlignOptions(**options)
    align_source(find_source(source), out, made, shard_size=shard_size, engine=Engine(workers=1))
    return out


def cells(done: Finished) -> dict[str, str]:
    """The first two columns of the tables that were printed."""
    return dict(re.findall(r"^[│┃] (.+?)\s+[│┃] (.*?)\s+[│┃]", done.stdout, re.MULTILINE))


def printed_histogram(done: Finished) -> list[int]:
    """The crops of each row of the table of scores."""
    return [int(count) for score, count in cells(done).items() if re.fullmatch(r"[\d.]+ – [\d.]+", score)]


@pytest.fixture(scope="module")
def source(
    tmp_path_factory: pytest.TempPathFactory, portraits: list[Array], crops: list[Array], save_jpeg: Save
) -> Path:
    """Three people with 1, 3 and 5 faces, of which three are synthetic, two walls and three broken files."""
    root = tmp_path_factory.mktemp("source")
    counts = {"ada": 1, "ben": 3, "cyd": 5}
    for person, (name, count) in enumerate(counts.items()):
        for number in range(count):
            image = portraits[person] if number % 2 else portraits[person][:, ::-1]
            save_jpeg(root / name / f"{number}.jpg", image)
    wall = np.full((120, 160, 3), 128, np.uint8)
    save_jpeg(root / "ada" / "wall.jpg", wall)
    save_jpeg(root / "dan" / "wall.jpg", wall)
    (root / "ben" / "broken 0.jpg").write_text("no image")
    (root / "ben" / "broken 1.jpg").write_text("no image either")
    (root / "cyd" / "broken.png").write_text("nor this")
    flags = {path.relative_to(root).as_posix(): 0 for path in root.glob("*/*")}
    flags |= {"ben/0.jpg": 1, "cyd/3.jpg": 1, "cyd/4.jpg": 1}
    (root / "meta.json").write_text(json.dumps(flags))
    return root


@pytest.mark.slow
def test_figures_of_known_photographs(run_commands: Run, source: Path, tmp_path: Path) -> None:
    folders = [
        align_folder(source, tmp_path / "reject"),
        align_folder(source, tmp_path / "center", on_missing=OnMissing.CENTER, size=96),
        align_folder(source, tmp_path / "none", detector="none"),
        align_folder(source, tmp_path / "loose", template=Template.LOOSE, margin=0.25),
    ]
    found = [summarise(folder) for folder in folders]
    assert [info.shards for info in found] == [4, 4, 4, 4]  # 14 photographs, four a shard
    assert [info.crops for info in found] == [9, 11, 11, 9]
    assert [info.people for info in found] == [3, 4, 4, 3]
    assert [info.synthetic for info in found] == [3, 3, 3, 3]
    assert [info.photos_per_person for info in found] == [(1, 3, 5), (1, 2.5, 5), (1, 2.5, 5), (1, 3, 5)]
    assert [list(info.alignment.values()) for info in found] == [[9, 0, 0], [9, 2, 0], [0, 0, 11], [9, 0, 0]]
    broken = {"not an image": 3}
    rejected = [{**broken, "no face found": 2}, broken, broken, {**broken, "no face found": 2}]
    assert [info.rejected for info in found] == rejected
    assert [info.header.size for info in found] == [112, 96, 112, 112]

    for folder, info in zip(folders, found, strict=True):
        scores = np.concatenate([h5py.File(path)["score"][:] for path in shard_paths(folder)])
        bins = np.minimum((scores[~np.isnan(scores)] * SCORE_BINS).astype(int), SCORE_BINS - 1)
        assert info.score_histogram == np.bincount(bins, minlength=SCORE_BINS).tolist()
        assert sum(info.score_histogram) == info.alignment[LANDMARKS]

    commands = [["align", "info", folder] for folder in folders]
    for done, info, reasons in zip(run_commands(commands, tmp_path), found, rejected, strict=True):
        assert done.returncode == 0 and done.stderr == ""
        table = cells(done)
        assert table["shards"] == "4"
        assert table["people"].startswith(f"{info.people}, ")
        assert (table["bona fide"], table["synthetic"]) == (str(info.crops - 3), "3")
        assert [table[kind] for kind in (LANDMARKS, CENTRE, AS_GIVEN)] == [
            str(count) for count in info.alignment.values()
        ]
        assert table["crops"].startswith(f"{info.crops}, {info.header.size}x{info.header.size}")
        assert sum(printed_histogram(done)) == info.alignment[LANDMARKS]
        assert f"{sum(reasons.values())} rejected" in done.stdout
        assert {reason: table[reason] for reason in reasons} == {
            reason: str(count) for reason, count in reasons.items()
        }
    assert "loose with margin 0.25" in done.stdout


@pytest.mark.slow
def test_without_rejects_or_without_a_manifest(run_commands: Run, tmp_path: Path, tiny_shards: Path) -> None:
    info = summarise(tiny_shards)
    assert (info.crops, info.people, info.synthetic, info.rejected) == (54, 6, 18, None)
    assert sum(info.score_histogram) == 54
    (done,) = run_commands([["align", "info", tiny_shards]], tmp_path)
    assert done.returncode == 0 and "rejected" not in done.stdout


@pytest.mark.slow
def test_a_folder_without_any_crop(run_commands: Run, tmp_path: Path, save_jpeg: Save) -> None:
    save_jpeg(tmp_path / "in" / "p" / "wall.jpg", np.full((120, 120, 3), 128, np.uint8))
    out = align_folder(tmp_path / "in", tmp_path / "out")
    (done,) = run_commands([["align", "info", out]], tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    table = cells(done)
    assert table["bona fide"] == table["synthetic"] == table[LANDMARKS] == "0"
    assert table["no face found"] == "1" and sum(printed_histogram(done)) == 0


@pytest.mark.slow
def test_crops_of_files_that_lack_their_end_are_counted_apart(
    run_commands: Run, tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    whole = save_jpeg(tmp_path / "in" / "p" / "0.jpg", portraits[0])
    below = np.random.default_rng(0).integers(0, 256, portraits[0].shape, np.uint8)
    cut = save_jpeg(tmp_path / "in" / "p" / "1.jpg", np.concatenate([portraits[0], below]))
    cut.write_bytes(cut.read_bytes()[:-1000])
    out = align_folder(whole.parents[1], tmp_path / "out")
    (done,) = run_commands([["align", "info", out]], tmp_path)
    table = cells(done)
    assert table[LANDMARKS] == table["aligned by landmarks, of files that lack their end"] == "1"


@pytest.mark.slow
def test_names_in_brackets_are_printed_as_they_are(
    run_commands: Run, tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    save_jpeg(tmp_path / "in" / "p" / "0.jpg", portraits[0])
    align_folder(tmp_path / "in", tmp_path / "out [red]")
    (done,) = run_commands([["align", "info", "out [red]"]], tmp_path)
    assert done.returncode == 0 and "out [red]" in done.stdout


@pytest.mark.slow
def test_what_cannot_be_told_is_one_line(
    run_commands: Run,
    assert_refused: Callable[[Finished, str], None],
    tmp_path: Path,
    portraits: list[Array],
    save_jpeg: Save,
) -> None:
    save_jpeg(tmp_path / "in" / "p" / "0.jpg", portraits[0])
    good = align_folder(tmp_path / "in", tmp_path / "good")
    wide = align_folder(tmp_path / "in", tmp_path / "wide", size=224)
    for folder in ("truncated", "text", "version", "no column", "mixed", "foreign manifest"):
        shutil.copytree(good, tmp_path / folder)
    shard = "shard-00000.h5"
    data = (good / shard).read_bytes()
    (tmp_path / "truncated" / shard).write_bytes(data[: len(data) // 2])
    (tmp_path / "text" / shard).write_text("text")
    with h5py.File(tmp_path / "version" / shard, "r+") as file:
        file.attrs["format_version"] = 99
    with h5py.File(tmp_path / "no column" / shard, "r+") as file:
        del file["score"]
    shutil.copy(wide / shard, tmp_path / "mixed" / "shard-00001.h5")
    (tmp_path / "foreign manifest" / "manifest.jsonl").write_text("{}\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    cases = [
        ("absent", "no such folder: absent"),
        ("file", "file"),
        ("empty", "no shards in empty"),
        ("in", "no shards in in"),
        ("truncated", f"{shard} is an HDF5 file that is damaged: it has {len(data) // 2:,} of {len(data):,}"),
        ("text", f"text/{shard} is a text ('text'), not an HDF5 file"),
        ("version", f"version/{shard} has shard format version 99"),
        ("no column", f"no column/{shard} lacks score"),
        ("mixed", "the shards in mixed differ"),
        ("foreign manifest", "not a manifest of this version"),
    ]
    commands = [["align", "info", folder] for folder, _ in cases]
    for done, (_, told) in zip(run_commands(commands, tmp_path), cases, strict=True):
        assert_refused(done, told)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beside", "start", "stop"),
    [("GCOL", 0, 64), ("format\\0", 8, 44), ("margin\\0", 8, 28)],
    ids=["heap of strings", "type of a string", "type of a number"],
)
def test_one_bit_beside_the_pixels_neither_hangs_nor_crashes(
    tmp_path: Path,
    portraits: list[Array],
    save_jpeg: Save,
    process_environment: dict[str, str],
    beside: str,
    start: int,
    stop: int,
) -> None:
    """HDF5 itself goes in circles over a wrong size in the heap of strings, and crashes over a wrong type."""
    save_jpeg(tmp_path / "in" / "p" / "0.jpg", portraits[0])
    out = align_folder(tmp_path / "in", tmp_path / "out")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from align.shards.info import summarise\n"
        "from common.runtime.errors import UserError\n"
        "path = Path(sys.argv[1]) / 'shard-00000.h5'\n"
        "whole = path.read_bytes()\n"
        f"place = max(whole.find(b'{beside}'), 0)\n"
        f"for position in range(place + {start}, place + {stop}):\n"
        "    for bit in range(8):\n"
        "        data = bytearray(whole)\n"
        "        data[position] ^= 1 << bit\n"
        "        path.write_bytes(data)\n"
        "        try:\n"
        "            summarise(path.parent)\n"
        "        except (UserError, OSError):\n"
        "            pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(out)],
        env=process_environment,
        timeout=30,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
