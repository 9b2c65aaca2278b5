import dataclasses
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from align.forge.options import ForgeOptions
from align.forge.run import ForgeSummary, forge_folder
from align.shards.engines.engine import Engine
from align.shards.make import LOCK_FILE
from common.forge.face import Face, landmarks_for_forging
from common.forge.forger import Forger
from common.forge.method_names import METHODS
from common.formats.crop_frame import shard_frame
from common.formats.manifest import MANIFEST_FILE, Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.shards import (
    Alignment,
    ClipColumns,
    ShardRows,
    clip_columns,
    decode_strings,
    open_shard,
    read_header,
    shard_paths,
    write_shard,
)
from common.runtime.errors import UserError

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Refused = Callable[[Finished, str], None]
Run = Callable[..., list[Finished]]
WriteFaces = Callable[..., Path]

FORGED = [0, 1, 2, 3, 4, 6, 8]  # rows of the fixture `faces` with a bona fide face
SHARDS = 24


@dataclass
class Rows:
    """All rows of a folder of shards."""

    images: Array
    landmarks: NDArray[np.float32]
    box: NDArray[np.float32]
    score: NDArray[np.float32]
    alignment: Array
    synthetic: Array
    identity: list[str]
    path: list[str]
    method: list[str]
    parameters: list[dict[str, Any]]
    sources: list[list[dict[str, str]]]


def read(folder: Path) -> Rows:
    columns: dict[str, list[Any]] = {}
    for path in shard_paths(folder):
        with open_shard(path) as shard:
            for name in shard:
                columns.setdefault(name, []).append(shard[name][:])
    joined: dict[str, Any] = {name: np.concatenate(parts) for name, parts in columns.items()}
    for name in ("identity", "path", "method", "parameters", "sources"):
        joined[name] = decode_strings(joined.get(name, ()))
    for name in ("parameters", "sources"):
        joined[name] = [json.loads(text) for text in joined[name]]
    return Rows(**joined)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the lock."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != LOCK_FILE}


def forge(folder: Path, out: Path, workers: int = 1, **options: Any) -> ForgeSummary:
    return forge_folder(folder, out, ForgeOptions(**options), engine=Engine(workers=workers))


def difference(image: Array, other: Array) -> float:
    """Grey levels, root of the mean square."""
    return float(np.sqrt(((image.astype(float) - other) ** 2).mean()))


@pytest.mark.slow
def test_a_command_forges_the_bona_fide_faces(faces: Path, tmp_path: Path, run_commands: Run) -> None:
    (done,) = run_commands([["align", "forge", faces, "--out", "out", "--per-image", 3]], tmp_path)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert "21 forgeries of 8 bona fide crops in 2 shards: out" in done.stdout
    assert "1 rejected: out/rejected.csv" in done.stdout
    report = (tmp_path / "out" / "rejected.csv").read_text(encoding="utf-8").splitlines()
    assert report == ["path,reason", "4/5.jpg,no landmarks to forge by"]

    check, info, show = run_commands(
        [["align", "check", "out"], ["align", "info", "out"], ["align", "show", "out", "--out", "s.png"]],
        tmp_path,
    )
    assert check.returncode == info.returncode == show.returncode == 0
    assert "As written: 2 shards, 21 crops" in check.stdout
    made = read(tmp_path / "out").method
    printed = dict(re.findall(r"made by (\S+) +│ (\d+)", info.stdout))
    assert printed == {method: str(made.count(method)) for method in METHODS}
    assert "21 crops drawn" in show.stdout


def test_rows_are_those_of_the_faces_in_their_order(faces: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    summary = forge(faces, out, per_image=3)
    assert (summary.crops, summary.forgeries, summary.passed_over.total()) == (8, 21, 1)
    before, after = read(faces), read(out)
    for path, count in zip(shard_paths(out), (15, 6), strict=True):
        with open_shard(path) as made, open_shard(faces / path.name) as original:
            assert read_header(made) == read_header(original)
            assert len(made["images"]) == count
    shown = [row for row in FORGED for _ in range(3)]
    assert after.synthetic.all()
    assert after.identity == [before.identity[row] for row in shown]
    assert len(set(after.path)) == 21
    assert set(after.method) == set(METHODS)
    for place, row in enumerate(shown):
        method, sources = after.method[place], after.sources[place]
        assert after.path[place] == f"{before.path[row]}#{method}-{place % 3}"
        assert sources[0] == {"identity": before.identity[row], "path": before.path[row]}
        assert len(sources) == 1 + (method == "swap")
        lies_in = before.path.index(sources[-1]["path"])
        assert before.synthetic[lies_in] == 0
        if method == "swap":
            assert sources[1]["identity"] == before.identity[lies_in] != before.identity[row]
        for name in ("landmarks", "box", "score", "alignment"):
            np.testing.assert_array_equal(getattr(after, name)[place], getattr(before, name)[lies_in])
        assert 1 < difference(after.images[place], before.images[lies_in]) < 80


def test_the_bytes_depend_on_options_and_not_on_workers(faces: Path, tmp_path: Path) -> None:
    forge(faces, tmp_path / "one")
    forge(faces, tmp_path / "two", workers=2)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    forge(faces, tmp_path / "seed", seed=1)
    forge(faces, tmp_path / "more", per_image=2)
    one, seed, more = (read(tmp_path / name) for name in ("one", "seed", "more"))
    assert (one.images != seed.images).any(axis=(1, 2, 3)).all()
    np.testing.assert_array_equal(one.images, more.images[::2])
    assert (more.images[::2] != more.images[1::2]).any(axis=(1, 2, 3)).all()


def test_the_seed_in_the_parameters_gives_the_pixels_again(faces: Path, tmp_path: Path) -> None:
    forge(faces, tmp_path / "out", methods=("self-blend",))
    before, after = read(faces), read(tmp_path / "out")
    with open_shard(faces / "shard-00000.h5") as shard:
        frame = shard_frame(read_header(shard))
    landmarks = landmarks_for_forging(before.landmarks, before.box, before.alignment, frame).astype(
        np.float32
    )
    for place, row in enumerate(FORGED):
        face = Face(before.images[row], landmarks[row].astype(np.float64))
        again = Forger(("self-blend",)).forge(face, None, after.parameters[place]["seed"])
        np.testing.assert_array_equal(again.image, after.images[place])
        assert again.parameters == after.parameters[place]["drawn"] != {}


@pytest.mark.slow
def test_post_processing_has_bona_fide_crops_beside_it(faces: Path, tmp_path: Path) -> None:
    plain, some, every = (
        forge(faces, tmp_path / name, per_image=8, post_process=share)
        for name, share in [("plain", 0), ("some", 0.5), ("every", 1)]
    )
    assert (plain.post_processed, every.post_processed) == (0, 56)
    assert 14 < some.post_processed < 42
    before, after, untouched = (read(folder) for folder in (faces, tmp_path / "some", tmp_path / "plain"))
    assert len(set(after.path)) == len(after.path) == 56 + some.post_processed
    beside = np.flatnonzero(after.synthetic == 0)
    assert len(beside) == some.post_processed
    for place in beside:
        assert (after.method[place], after.synthetic[place - 1]) == ("post-processing", 1)
        (source,) = after.sources[place]
        row = before.path.index(source["path"])
        assert after.identity[place] == before.identity[row] == after.identity[place - 1]
        number = after.path[place - 1].rpartition("-")[2]
        assert after.path[place] == f"{source['path']}#post-processing-{number}"
        assert 0 < difference(after.images[place], before.images[row]) < 20
        own, other = (after.parameters[place - back]["post_processing"] for back in (0, 1))
        assert own != other
    forged = np.flatnonzero(after.synthetic)
    assert [after.path[place] for place in forged] == untouched.path
    same = (after.images[forged] == untouched.images).all(axis=(1, 2, 3))
    assert ["post_processing" not in after.parameters[place] for place in forged] == same.tolist()
    assert int((~same).sum()) == some.post_processed


def test_several_faces_of_one_photograph_get_paths_of_their_own(
    write_faces: WriteFaces, tmp_path: Path
) -> None:
    def one_photograph(rows: ShardRows) -> ShardRows:
        return dataclasses.replace(rows, path=["group.jpg"] * len(rows))

    folder = write_faces(tmp_path / "in", [[0, 1, 2]], shard0=one_photograph)
    forge(folder, tmp_path / "out", per_image=2, methods=("self-blend",), post_process=1.0)
    paths = read(tmp_path / "out").path
    assert paths[::2] == [f"group.jpg#self-blend-{number}" for number in range(6)]
    assert len(set(paths)) == 12


def test_one_person_alone_is_not_swapped(write_faces: WriteFaces, tmp_path: Path) -> None:
    folder = write_faces(tmp_path / "in", [[0] * 6, [], [0]])
    summary = forge(folder, tmp_path / "out")
    assert (summary.forgeries, summary.shards) == (7, 3)
    made = read(tmp_path / "out")
    assert "swap" not in made.method and all(len(sources) == 1 for sources in made.sources)


def test_a_second_run_has_nothing_to_do_and_changes_are_noticed(
    faces: Path, tmp_path: Path, write_faces: WriteFaces
) -> None:
    out = tmp_path / "out"
    assert forge(faces, out).kept_shards == 0
    whole, times = tree(out), {path.name: path.stat().st_mtime_ns for path in shard_paths(out)}
    assert forge(faces, out, workers=2).kept_shards == 2
    assert tree(out) == whole
    assert {path.name: path.stat().st_mtime_ns for path in shard_paths(out)} == times

    (out / "shard-00001.h5").write_bytes(whole["shard-00001.h5"][:-1])
    (out / "shard-00007.h5").write_bytes(whole["shard-00000.h5"])
    assert forge(faces, out).kept_shards == 1
    assert tree(out) == whole

    other = write_faces(tmp_path / "other", [[0, 1], [2, 3]])
    (other / "shard-00001.h5").replace(faces / "shard-00001.h5")
    assert forge(faces, out).kept_shards == 0
    forge(faces, tmp_path / "fresh")
    assert tree(out) == tree(tmp_path / "fresh") != whole


@pytest.mark.slow
def test_commands_that_are_refused(
    faces: Path, tmp_path: Path, run_commands: Run, assert_refused: Refused
) -> None:
    forge(faces, tmp_path / "out")
    before = tree(tmp_path / "out")
    cases: list[tuple[list[object], str]] = [
        (
            ["--out", "out", "--post-process", 0.5],
            "were made with --post-process 0.0, not 0.5; give",
        ),
        ([], "--out, or else a picture with --preview"),
        (["--out", "x", "--preview", "x.png"], "--out, or else a picture with --preview"),
        (["--out", "x", "--methods", "self-blnd"], "did you mean 'self-blend'?"),
    ]
    commands = [["align", "forge", faces, *words] for words, _ in cases]
    for done, (_, told) in zip(run_commands(commands, tmp_path), cases, strict=True):
        assert_refused(done, told)
    assert tree(tmp_path / "out") == before
    assert not (tmp_path / "x").exists() and not (tmp_path / "x.png").exists()


def test_what_another_run_made_is_refused_and_may_be_overwritten(
    faces: Path, tmp_path: Path, write_faces: WriteFaces
) -> None:
    out = tmp_path / "out"
    forge(faces, out)
    before = tree(out)
    other = write_faces(tmp_path / "other", [[0, 1]])
    with pytest.raises(UserError, match=f"out holds shards of {faces}; name another folder"):
        forge(other, out)
    for name, value, told in [
        ("per_image", 2, "--per-image 1, not 2"),
        ("seed", 3, "--seed 0, not 3"),
        ("methods", ("swap",), "--methods self-blend,swap,"),
    ]:
        with pytest.raises(UserError, match=f"were made with {told}"):
            forge(faces, out, **{name: value})
    for same in (faces, faces / ".." / faces.name):
        with pytest.raises(UserError, match="cannot lie in it; name another folder with --out"):
            forge(faces, same)
    assert tree(out) == before
    made = forge_folder(other, out, ForgeOptions(), engine=Engine(workers=1), overwrite=True)
    assert (made.shards, made.kept_shards) == (1, 0)
    forge(other, tmp_path / "fresh")
    assert tree(out) == tree(tmp_path / "fresh")


def test_folders_with_nothing_to_forge_are_refused(
    faces: Path, tmp_path: Path, write_faces: WriteFaces, make_rows: Callable[..., ShardRows]
) -> None:
    def without_faces(rows: ShardRows) -> ShardRows:
        return dataclasses.replace(rows, alignment=np.full(len(rows), Alignment.CENTRE, np.uint8))

    write_faces(tmp_path / "faceless", [[0, 1]], shard0=without_faces)
    damaged = write_faces(tmp_path / "damaged", [[0, 1], [2]]) / "shard-00001.h5"
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
    altered = write_faces(tmp_path / "altered", [[0, 1], [2]])
    entry = ManifestEntry("shard-00001.h5", 1, "00", "", [])
    write_manifest(altered, Manifest(ManifestHeader("x", {}, 2), {entry.shard: entry}))
    with open_shard(faces / "shard-00001.h5") as shard:
        header = dataclasses.replace(read_header(shard), detector="another")
    write_shard(faces / "shard-00002.h5", header, make_rows([], [], []))
    (tmp_path / "empty").mkdir()
    for name, told in {
        "faceless": "no bona fide crop with a face in it",
        "damaged": "damaged/shard-00001.h5 is an HDF5 file that is damaged: it has",
        "altered": "altered/shard-00001.h5 is truncated or altered",
        "faces": "differ in detector",
        "empty": "no shards in",
        "absent": "no such folder",
    }.items():
        with pytest.raises(UserError, match=told):
            forge(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_run_killed_at_any_moment_continues_to_the_same_bytes(
    write_faces: WriteFaces, tmp_path: Path, run_commands: Run, start_command: Callable[..., Any]
) -> None:
    folder = write_faces(tmp_path / "in", [[n % 6, (n + 1) % 6] for n in range(SHARDS)])
    options = ["--per-image", "4", "--post-process", "0.3"]
    rng = np.random.default_rng(3)
    continued, noted = [], []
    for number, (first, second) in enumerate([(1, 2), (2, 1)]):
        out = tmp_path / f"out{number}"
        running = start_command("align", "forge", folder, "--out", out, *options, "--workers", first)
        moment = int(rng.integers(1, SHARDS // 2))
        deadline = time.monotonic() + 60
        while len(list(out.glob("shard-*.h5"))) < moment:
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(float(rng.uniform(0, 0.03)))
        os.killpg(running.pid, signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL, "it had finished"
        noted.append((out / MANIFEST_FILE).read_bytes().count(b"\n") - 1)
        continued.append(["align", "forge", folder, "--out", out, *options, "--workers", second])
    forge(folder, tmp_path / "whole", per_image=4, post_process=0.3)
    for number, done in enumerate(run_commands(continued, tmp_path)):
        assert done.returncode == 0 and done.stderr == "", done.stderr
        kept = f", {noted[number]} of them already there" if noted[number] else ""
        assert f"in {SHARDS} shards{kept}: " in done.stdout and noted[number] < SHARDS
        assert tree(tmp_path / f"out{number}") == tree(tmp_path / "whole")


def test_forgeries_of_clips_are_clips(tmp_path: Path, write_faces: WriteFaces) -> None:
    def filmed(rows: ShardRows) -> ShardRows:
        frame, track = np.array([-1, 0, 5, 0], np.int32), np.array([-1, 0, 0, 1], np.int32)
        seconds = np.array([np.nan, 0, 0.2, 0])
        return dataclasses.replace(rows, clips=ClipColumns(["", *["a.mp4"] * 3], frame, seconds, track))

    faces = write_faces(tmp_path / "faces", [[0, 1, 1, 2]], shard0=filmed)
    options = ForgeOptions(methods=("generator-traces",), per_image=2)
    forge_folder(faces, tmp_path / "forged", options, engine=Engine(workers=1))
    (path,) = shard_paths(tmp_path / "forged")
    with open_shard(path) as shard:
        columns, paths = clip_columns(shard), decode_strings(shard["path"][:])
    assert columns is not None and columns.clip == ["", "", *["a.mp4#forged-0"] * 3, *["a.mp4#forged-1"] * 3]
    assert columns.frame.tolist() == [-1, -1, 0, 5, 0, 0, 5, 0] and np.isnan(columns.seconds[:2]).all()
    assert columns.track.tolist() == [-1, -1, 0, 0, 1, 0, 0, 1] and len(set(paths)) == 8
