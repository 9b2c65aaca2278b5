import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace, align_photographs
from align.crops.options import AlignOptions
from align.forge.options import ForgeOptions
from align.forge.run import forge_folder
from align.shards.engines.engine import Engine
from align.shards.info import summarise
from align.shards.run import AlignSummary, align_source
from align.sources.find import find_source
from align.sources.reading import Reading
from common.formats.manifest import read_manifest
from common.formats.shards import (
    OriginColumns,
    decode_strings,
    open_shard,
    origin_columns,
    pseudo_labelled,
    shard_paths,
)
from common.runtime import onnx_session
from common.runtime.device import Device
from common.runtime.errors import UserError

Array = NDArray[np.uint8]
Save = Callable[[Path, Array], Path]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def align_folder(source: Path, out: Path, shard_size: int = 256, **options: Any) -> AlignSummary:
    return align_source(find_source(source), out, shard_size=shard_size, engine=Engine(workers=1), **options)


@pytest.fixture
def source(tmp_path: Path, portraits: list[Array], save_jpeg: Save) -> Path:
    """Six people with two photographs each, one of them without a face and one broken."""
    root = tmp_path / "photographs"
    for person, image in enumerate(portraits):
        save_jpeg(root / f"Персона {person}" / "0.jpg", image)
        save_jpeg(root / f"Персона {person}" / "1.jpg", image[:, ::-1])
    save_jpeg(root / "Персона 1" / "wall.jpg", np.full((120, 120, 3), 128, np.uint8))
    (root / "Персона 4" / "broken.jpg").write_text("no image, with a comma")
    flags = {path.relative_to(root).as_posix(): 0 for path in root.glob("*/*")} | {"Персона 2/1.jpg": 1}
    (root / "meta.json").write_text(json.dumps(flags))
    return root


class Planned(Engine):
    """An engine that does nothing with its tasks but show them."""

    def run(self, function: Any, tasks: Any) -> Any:
        raise KeyError({task.options.device for task in tasks}, self.on_gpu)


@pytest.mark.parametrize("device", [Device.CPU, Device.CUDA])
def test_the_device_is_settled_once_for_manifest_and_workers(
    source: Path, tmp_path: Path, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("align.shards.run.settle_device", lambda asked: device)
    with pytest.raises(KeyError) as planned:
        align_source(find_source(source), tmp_path / "out", engine=Planned())
    assert planned.value.args == ({device}, device is Device.CUDA)
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None and manifest.header.options["device"] == device.value


def test_crops_as_they_are_ask_for_no_gpu(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("align.shards.run.settle_device", lambda asked: Device.CUDA)
    with pytest.raises(KeyError) as planned:
        align_source(find_source(source), tmp_path / "out", AlignOptions(detector="none"), engine=Planned())
    assert planned.value.args[1] is False


def test_the_manifest_of_shards_made_on_the_cpu_says_so_where_cuda_does_not_work(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [onnx_session.CUDA, onnx_session.CPU])
    monkeypatch.setattr(onnx_session, "_trouble_of_a_small_network", lambda: "libcudnn.so.9 is missing")
    align_folder(source, tmp_path / "out")
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None and manifest.header.options["device"] == "cpu"


def test_crops_labels_and_rejects(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    calls: list[tuple[int, int]] = []
    summary = align_folder(source, out, 5, progress=lambda *call: calls.append(call))
    assert (summary.photographs, summary.aligned, summary.shards, summary.kept_shards) == (14, 12, 3, 0)
    assert summary.rejected == {"no face found": 1, "not an image": 1}
    assert calls == [(0, 14), (5, 14), (10, 14), (14, 14)]
    assert (out / "rejected.csv").read_text(encoding="utf-8").splitlines() == [
        "path,reason",
        "Персона 1/wall.jpg,no face found",
        "Персона 4/broken.jpg,not an image",
    ]
    paths: list[str] = []
    for shard in shard_paths(out):
        with open_shard(shard) as file:
            own = decode_strings(file["path"][:])
            assert decode_strings(file["identity"][:]) == [path.split("/")[0] for path in own]
            assert file["synthetic"][:].tolist() == [int(path == "Персона 2/1.jpg") for path in own]
            outcomes = align_photographs([source / path for path in own])
            for row, outcome in enumerate(outcomes):
                assert isinstance(outcome, AlignedFace)
                np.testing.assert_array_equal(file["images"][row], outcome.image)
                np.testing.assert_array_equal(file["landmarks"][row], outcome.detection.landmarks)
                np.testing.assert_array_equal(file["box"][row], outcome.detection.box)
                assert file["score"][row] == np.float32(outcome.detection.score)
            paths += own
    assert paths == sorted(paths) and len(paths) == 12


def test_videos_and_species_of_a_table_stand_in_the_shards_and_change_no_others(
    tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    for number in range(3):
        save_jpeg(tmp_path / "in" / f"{number}.jpg", portraits[number])
    labels = tmp_path / "in" / "labels.csv"
    labels.write_text("Id,synthetic,video,species\n0,0,,\n1,0,v1,\n2,1,v1,swap\n")
    align_folder(tmp_path / "in", tmp_path / "out", shard_size=1)
    found = []
    for path in shard_paths(tmp_path / "out"):
        with open_shard(path) as shard:
            found.append(origin_columns(shard))
    assert found == [None, OriginColumns(["v1"], [""]), OriginColumns(["v1"], ["swap"])]
    labels.write_text(labels.read_text().replace("v1,swap", "v2,swap"))
    assert align_folder(tmp_path / "in", tmp_path / "out", shard_size=1).kept_shards == 2


def test_guesses_in_a_table_become_pseudo_labels_and_never_labels(
    tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    for number in range(4):
        save_jpeg(tmp_path / "in" / f"{number}.jpg", portraits[number])
    table = tmp_path / "in" / "pseudo.csv"
    table.write_text("Id,target_feature,is_pseudo\n0,0,0\n1,1,1\n2,0,1\n3,1,\n")
    out = tmp_path / "out"
    align_folder(tmp_path / "in", out)
    with open_shard(out / "shard-00000.h5") as shard:
        assert shard["synthetic"][:].tolist() == [0, 1, 0, 1]
        assert pseudo_labelled(shard).tolist() == [False, True, True, False]
    info = summarise(out)
    assert (info.synthetic, info.pseudo) == (2, 2)
    assert "2 flags by pseudo-labels, the guesses of models" in info.taken["notes"]
    corrections = tmp_path / "corrections.csv"
    corrections.write_text("path,identity,synthetic,drop\n1.jpg,,1,\n")  # a person looked at it
    looked_at = find_source(table, reading=Reading(relabel=corrections)).photographs
    assert [photograph.pseudo for photograph in looked_at] == [False, False, True, False]
    options = ForgeOptions(methods=("self-blend",))
    forged = forge_folder(out, tmp_path / "forged", options, engine=Engine(workers=1))
    assert forged.passed_over == {"that it is bona fide is the guess of models": 1} and forged.forgeries == 1
    table.write_text(table.read_text().replace("2,0,1", "2,,1"))
    with pytest.raises(UserError, match="line 4: a pseudo-label without a flag; give it 0 or 1"):
        find_source(table)
    table.write_text(table.read_text().replace("2,,1", "2,0,1").replace("3,1,", "3,1,maybe"))
    with pytest.raises(UserError, match='line 5: pseudo must be 0, 1 or empty, not "maybe"'):
        find_source(table)


def test_shards_lie_in_a_folder_of_their_own(source: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    before = tree(source)
    for out in (source, tmp_path / "link", source / "Персона 0" / ".."):
        with pytest.raises(UserError, match="cannot lie in it; name another folder with --out"):
            align_folder(source, out)
    assert tree(source) == before
    for kept in (0, 1):  # below the photographs they are passed over
        assert align_folder(source, source / "shards").kept_shards == kept


@pytest.mark.slow
def test_a_second_run_does_nothing_and_changes_are_noticed(
    source: Path, tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    out = tmp_path / "out"

    def run() -> tuple[int, int, int]:
        summary = align_folder(source, out, 5)
        fresh = tmp_path / "fresh"
        align_folder(source, fresh, 5)
        assert tree(out) == tree(fresh)
        shutil.rmtree(fresh)
        return summary.photographs, summary.shards, summary.kept_shards

    assert run() == (14, 3, 0)
    times = {path: path.stat().st_mtime_ns for path in shard_paths(out)}
    assert run() == (14, 3, 3)
    assert times == {path: path.stat().st_mtime_ns for path in shard_paths(out)}
    save_jpeg(source / "Персона 5" / "1.jpg", portraits[0])  # changed, in the last shard
    assert run() == (14, 3, 2)
    (source / "meta.json").unlink()  # a label changed, in the second shard
    assert run() == (14, 3, 2)
    save_jpeg(source / "Персона 9" / "0.jpg", portraits[1])  # added at the end
    assert run() == (15, 3, 2)
    shutil.rmtree(source / "Персона 0")  # removed: what follows moves up, the last shard goes
    for person in (4, 5, 9):
        shutil.rmtree(source / f"Персона {person}")
    assert run() == (7, 2, 0)
    (out / "shard-00001.h5").write_bytes(b"damaged")
    assert run() == (7, 2, 1)
    (out / "shard-00000.h5").unlink()
    assert run() == (7, 2, 1)


def test_another_source_is_refused_and_the_shards_stay(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    align_folder(source, out)
    before = tree(out)
    other = tmp_path / "other"
    shutil.copytree(source, other)
    with pytest.raises(UserError, match="name another folder with --out"):
        align_folder(other, out)
    assert tree(out) == before


def test_photographs_without_any_face_make_an_empty_shard(tmp_path: Path, save_jpeg: Save) -> None:
    save_jpeg(tmp_path / "in" / "p" / "wall.jpg", np.full((120, 120, 3), 128, np.uint8))
    summary = align_folder(tmp_path / "in", tmp_path / "out")
    assert (summary.aligned, summary.rejected.total()) == (0, 1)


def test_a_name_that_is_not_utf8_does_not_stop_the_run(
    tmp_path: Path, portraits: list[Array], save_jpeg: Save
) -> None:
    save_jpeg(tmp_path / "in" / "p" / "good.jpg", portraits[0])
    shutil.copy(tmp_path / "in" / "p" / "good.jpg", os.fsencode(tmp_path / "in" / "p") + b"/J\xfcrgen.jpg")
    summary = align_folder(tmp_path / "in", tmp_path / "out")
    assert summary.photographs == 2 and summary.aligned >= 1


@pytest.mark.slow
def test_workers_and_hash_seed_do_not_change_a_byte(
    source: Path, tmp_path: Path, run_commands: Callable[..., list[subprocess.CompletedProcess[str]]]
) -> None:
    trees = []
    for workers, hash_seed in ((1, "1"), (2, "2")):
        out = tmp_path / f"out{workers}"
        command = ["align", "run", source, "--out", out, "--workers", workers, "--shard-size", 4]
        (done,) = run_commands([command], tmp_path, PYTHONHASHSEED=hash_seed)
        assert done.returncode == 0, done.stderr
        assert "2 rejected" in done.stdout and "no face found" in done.stdout
        trees.append(tree(out))
    assert trees[0] == trees[1] and len(trees[0]) == 4 + 4


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_continues_to_the_same_bytes(
    source: Path,
    tmp_path: Path,
    workers: int,
    start_command: Callable[..., Any],
    run_commands: Callable[..., list[subprocess.CompletedProcess[str]]],
) -> None:
    for copy in range(2, 12):  # so that there is time to kill
        for person in range(6):
            folder = source / f"Персона {person}"
            shutil.copy(folder / "0.jpg", folder / f"{copy}.jpg")
    options = ["--shard-size", "2", "--workers", str(workers), "--allow-unlabelled"]  # the copies have none
    out, whole = tmp_path / "out", tmp_path / "whole"
    running = start_command("align", "run", source, "--out", out, *options)
    deadline = time.monotonic() + 60
    while not any(out.glob("shard-*.h5")):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)  # workers as well, as when a machine or a container goes down
    assert running.wait() == -signal.SIGKILL
    begun = len(list(out.glob("shard-*.h5")))
    assert 1 <= begun < 37

    again = ["align", "run", source, "--out", out, *options]
    uninterrupted = ["align", "run", source, "--out", whole, *options]
    resumed, fresh = run_commands([again, uninterrupted], tmp_path)
    assert resumed.returncode == fresh.returncode == 0, resumed.stderr + fresh.stderr
    resumed_tree = {name: data for name, data in tree(out).items() if not name.endswith(".tmp")}
    assert resumed_tree == tree(whole)


@pytest.mark.slow
def test_a_run_killed_while_it_writes_leaves_no_litter_behind_the_next(
    source: Path, tmp_path: Path, process_environment: dict[str, str]
) -> None:
    out = tmp_path / "out"
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from align.shards.engines.engine import Engine\n"
        "from align.shards.run import align_source\n"
        "from align.sources.find import find_source\n"
        "sync, calls = os.fsync, []\n"
        "def fsync(descriptor):\n"
        "    calls.append(descriptor)\n"
        "    if len(calls) == 6: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    sync(descriptor)\n"
        "os.fsync = fsync\n"
        "source = find_source(Path(sys.argv[1]))\n"
        "align_source(source, Path(sys.argv[2]), shard_size=2, engine=Engine(workers=1))\n"
    )
    words = [sys.executable, "-c", program, source, out]
    assert subprocess.run(words, env=process_environment, check=False).returncode == -signal.SIGKILL
    assert [name for name in tree(out) if name.endswith(".tmp")], "killed at the wrong moment"
    align_folder(source, out, 2)
    assert [name for name in tree(out) if name.endswith(".tmp")] == []


@pytest.mark.slow
def test_workers_end_when_the_command_is_killed(
    source: Path, tmp_path: Path, start_command: Callable[..., Any]
) -> None:
    words = ["align", "run", source, "--out", tmp_path / "out", "--workers", "2", "--shard-size", "1"]
    running = start_command(*words)
    try:
        deadline = time.monotonic() + 60
        while not any((tmp_path / "out").glob("shard-*.h5")):
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        running.kill()
        running.wait()
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and _alive(running.pid):
            time.sleep(0.2)
        assert not _alive(running.pid)
    finally:
        if _alive(running.pid):
            os.killpg(running.pid, signal.SIGKILL)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
