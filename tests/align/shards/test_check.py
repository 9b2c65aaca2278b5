import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from align.shards.check import check_shards
from align.shards.engines.engine import Engine
from align.shards.run import align_source
from align.sources.find import find_source
from common.formats.manifest import MANIFEST_FILE

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Save = Callable[[Path, Array], Path]

SHARDS = 42  # of one photograph each


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: files with their bytes, folders with None."""
    found = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*"))}
    return {name: path.read_bytes() if path.is_file() else None for name, path in found.items()}


def name(number: int) -> str:
    return f"shard-{number:05d}.h5"


def named(done: Finished) -> set[str]:
    """The files that a check calls wrong."""
    return set(re.findall(r"^(\S+\.(?:h5|jsonl)): \w", done.stdout, re.MULTILINE))


def flip_bit(path: Path, position: int, bit: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


def alter_manifest(folder: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the parsed lines of a manifest; the first is the header."""
    path = folder / MANIFEST_FILE
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, portraits: list[Array], save_jpeg: Save) -> Path:
    root = tmp_path_factory.mktemp("source")
    for number in range(SHARDS):
        save_jpeg(root / f"p{number % 6}" / f"{number}.jpg", portraits[number % 6])
    return root


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    """A folder of shards, not to be changed."""
    out = tmp_path_factory.mktemp("made")
    align_source(find_source(source), out, shard_size=1, engine=Engine(workers=1))
    return out


@pytest.fixture
def shards(made: Path, tmp_path: Path) -> Path:
    """A folder of shards to spoil."""
    return shutil.copytree(made, tmp_path / "shards")


@pytest.mark.slow
def test_a_good_folder(run_commands: Run, shards: Path, made: Path, tmp_path: Path) -> None:
    (done,) = run_commands([["align", "check", shards]], tmp_path)
    assert done.returncode == 0 and done.stderr == ""
    assert f"As written: {SHARDS} shards" in done.stdout and named(done) == set()
    assert tree(shards) == tree(made)
    report = check_shards(shards)
    assert (report.shards, report.rows, report.problems) == (SHARDS, SHARDS, [])


def test_progress_counts_shards(shards: Path) -> None:
    calls: list[tuple[int, int]] = []
    check_shards(shards, lambda *call: calls.append(call))
    assert calls == [(done, SHARDS) for done in range(SHARDS + 1)]


def test_every_wrong_file_is_named_in_one_run(run_commands: Run, shards: Path, tmp_path: Path) -> None:
    data = (shards / name(1)).read_bytes()
    (shards / name(1)).write_bytes(data[:-1])
    (shards / name(2)).write_bytes(data[: len(data) // 2])
    (shards / name(3)).write_bytes(b"")
    (shards / name(4)).write_bytes((shards / name(4)).read_bytes() + b"\0")
    own = (shards / name(5)).read_bytes()
    flip_bit(shards / name(5), len(own) // 2)
    (shards / name(6)).unlink()
    shutil.copy(shards / name(8), shards / name(7))  # a valid shard, but of another photograph
    (shards / name(9)).unlink()
    (shards / name(9)).mkdir()
    (shards / name(10)).unlink()
    (shards / name(10)).symlink_to("nowhere")
    shutil.copy(shards / name(0), shards / name(99))
    (shards / "shard-foreign.h5").write_bytes(b"foreign")
    spoilt = tree(shards)
    wrong = {*map(name, (1, 2, 3, 4, 5, 6, 7, 9, 10, 99)), "shard-foreign.h5"}

    (done,) = run_commands([["align", "check", shards]], tmp_path)
    assert done.returncode == 1 and done.stderr == ""
    assert named(done) == wrong
    assert f"{len(wrong)} files are not as written" in done.stdout
    for number in (6, 9, 10):
        assert f"{name(number)}: missing" in done.stdout
    for number in (1, 2, 3, 4, 5, 7):
        assert f"{name(number)}: truncated or altered" in done.stdout
    for foreign in (name(99), "shard-foreign.h5"):
        assert f"{foreign}: foreign" in done.stdout
    assert tree(shards) == spoilt


def test_one_bit_anywhere_is_noticed(run_commands: Run, shards: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(SHARDS - 1):
        path = shards / name(number)
        size = path.stat().st_size
        flip_bit(path, (size - 1) * number // (SHARDS - 2), int(rng.integers(8)))
    (done,) = run_commands([["align", "check", shards]], tmp_path)
    assert done.returncode == 1 and done.stderr == ""
    assert named(done) == {name(number) for number in range(SHARDS - 1)}


@pytest.mark.slow
def test_a_manifest_that_was_altered(run_commands: Run, made: Path, tmp_path: Path) -> None:
    Change = Callable[[list[dict[str, Any]]], object]
    cases: list[tuple[Change, set[str]]] = [
        (lambda lines: lines[1].update(rows=2), {name(0)}),
        (lambda lines: lines[1].update(rows=-1), {name(0)}),
        (lambda lines: lines[1].update(rows=10**30), {name(0)}),
        (lambda lines: lines[1].update(sha256="0" * 64), {name(0)}),
        (lambda lines: lines[1].update(sha256=lines[1]["sha256"].upper()), {name(0)}),
        (lambda lines: lines[1].update(shard=f"../{name(0)}"), {MANIFEST_FILE, name(0)}),
        (lambda lines: lines[1].update(shard=f"./{name(0)}"), {MANIFEST_FILE, name(0)}),
        (lambda lines: lines[1].update(shard=str(made / name(0))), {MANIFEST_FILE, name(0)}),
        (lambda lines: lines[1].update(shard=name(77)), {name(77), name(0)}),
        (lambda lines: lines.pop(), {MANIFEST_FILE, name(SHARDS - 1)}),
        (lambda lines: lines.pop(5), {MANIFEST_FILE, name(4)}),
        (lambda lines: lines[1].pop("rows"), {MANIFEST_FILE, name(0)}),
    ]
    shutil.copy(made / name(0), tmp_path / name(0))  # what `../` leads to is a good shard
    folders = []
    for number, (change, _) in enumerate(cases):
        folders.append(shutil.copytree(made, tmp_path / f"shards{number}"))
        alter_manifest(folders[-1], change)
    spoilt = list(map(tree, folders))
    for folder, (_, wrong) in zip(folders, cases, strict=True):
        assert {file for file, _ in check_shards(folder).problems} == wrong
    some = (0, 5, 9)  # rows, `../` and a line removed
    commands = [["align", "check", folders[number]] for number in some]
    for done, number in zip(run_commands(commands, tmp_path), some, strict=True):
        assert done.returncode == 1 and done.stderr == "", done
        assert named(done) == cases[number][1]
    assert list(map(tree, folders)) == spoilt


@pytest.mark.slow
@pytest.mark.parametrize(
    "odd", ["shard-\ud800.h5", "shard-\0.h5", "shard-\n.h5", "shard-\x1b[2J.h5", "", "."]
)
def test_no_name_in_a_manifest_makes_a_check_fail(
    run_commands: Run, shards: Path, tmp_path: Path, odd: str
) -> None:
    alter_manifest(shards, lambda lines: lines[2].update(shard=odd))
    (done,) = run_commands([["align", "check", shards]], tmp_path)
    assert done.returncode == 1 and done.stderr == "", done.stderr
    assert name(1) in named(done) and "2 files are not as written" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.slow
def test_the_way_out_that_a_check_names_leads_out(made: Path, source: Path, tmp_path: Path) -> None:
    def truncate(folder: Path) -> None:
        (folder / name(0)).write_bytes((folder / name(0)).read_bytes()[:-1])

    spoils: list[Callable[[Path], object]] = [
        truncate,
        lambda folder: (folder / name(3)).unlink(),
        lambda folder: shutil.copy(folder / name(0), folder / name(99)),
        lambda folder: shutil.copy(folder / name(0), folder / name(1)),
        lambda folder: alter_manifest(folder, lambda lines: lines[1].update(rows=2)),
        lambda folder: alter_manifest(folder, lambda lines: lines[1].update(shard=f"../{name(0)}")),
        lambda folder: alter_manifest(folder, lambda lines: lines.pop()),
    ]
    folders = []
    for number, spoil in enumerate(spoils):
        folders.append(shutil.copytree(made, tmp_path / f"shards{number}"))
        spoil(folders[-1])
        assert check_shards(folders[-1]).problems
    for folder in folders:
        align_source(find_source(source), folder, shard_size=1, engine=Engine(workers=1))
        assert check_shards(folder).problems == [], folder
        assert tree(folder) == tree(made)


def test_a_photograph_of_any_name_leaves_a_good_folder(tmp_path: Path) -> None:
    photograph = tmp_path / "in" / "p" / 'u2028 \u2028 u85 \x85 break \n quote " backslash \\.jpg'
    photograph.parent.mkdir(parents=True)
    photograph.write_text("no image")
    summary = align_source(find_source(tmp_path / "in"), tmp_path / "out", engine=Engine(workers=1))
    assert summary.rejected.total() == 1
    report = check_shards(tmp_path / "out")
    assert (report.shards, report.problems) == (1, [])


@pytest.mark.slow
def test_what_cannot_be_checked_is_told_in_one_line(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], made: Path, tmp_path: Path
) -> None:
    for folder in ("no manifest", "foreign", "garbage", "folder"):
        shutil.copytree(made, tmp_path / folder)
        (tmp_path / folder / MANIFEST_FILE).unlink()
    (tmp_path / "foreign" / MANIFEST_FILE).write_text('{"format": "facetrust-manifest-1"}\n')
    (tmp_path / "garbage" / MANIFEST_FILE).write_bytes(bytes(range(256)))
    (tmp_path / "folder" / MANIFEST_FILE).mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    cases = [
        ("absent", "no such folder: absent"),
        ("file", "file"),
        ("empty", f"empty has no {MANIFEST_FILE}"),
        ("no manifest", f"no manifest has no {MANIFEST_FILE}"),
        ("foreign", "not a manifest of this version"),
        ("garbage", "not a manifest of this version"),
        ("folder", MANIFEST_FILE),
    ]
    before = tree(tmp_path)
    commands = [["align", "check", folder] for folder, _ in cases]
    commands.append(["align", "check"])
    cases.append(("the default", "no such folder: datasets/processed_images"))
    for done, (_, told) in zip(run_commands(commands, tmp_path), cases, strict=True):
        assert_refused(done, told)
    assert tree(tmp_path) == before
