import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from align.shards.check import check_shards
from align.shards.engines.engine import Engine
from align.shards.equal_crops import COMPARED_FILE
from align.shards.run import LOCK_FILE, align_source
from align.sources.find import find_source
from common.formats.manifest import MANIFEST_FILE

resource = pytest.importorskip("resource", reason="needs limits of processes, which Windows has not")

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Refused = Callable[[Finished, str], None]
Run = Callable[..., list[Finished]]
Save = Callable[[Path, Array], Path]
Running = subprocess.Popen[str]
Start = Callable[..., Running]

PHOTOGRAPHS = 60
ONE_EACH = ("--shard-size", "1")
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers in /proc")
BUSY = "another run is writing to out"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the lock and what the command notes of equal crops."""
    files = {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: path.read_bytes() for name, path in files.items() if name not in (LOCK_FILE, COMPARED_FILE)}


def shards(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in tree(folder).items() if name.endswith(".h5")}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, portraits: list[Array], save_jpeg: Save) -> Path:
    """Six people with ten photographs each, one of them broken."""
    root = tmp_path_factory.mktemp("source") / "photographs"
    for number in range(PHOTOGRAPHS):
        save_jpeg(root / f"p{number % 6}" / f"{number}.jpg", np.roll(portraits[number % 6], number // 6, 1))
    (root / "p3" / "9.jpg").write_text("no image")
    return root


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, source: Path) -> dict[str, bytes]:
    """The files that a run makes which nothing disturbs, one photograph a shard."""
    out = tmp_path_factory.mktemp("whole")
    align_source(find_source(source), out, shard_size=1, engine=Engine(workers=1))
    return tree(out)


@pytest.fixture
def start(start_command: Start) -> Start:
    """Starts `align run` in a process group of its own, which ends with the test."""
    return partial(start_command, "align", "run")


def wait_until(ready: Callable[[], object], running: Running) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert running.poll() is None, f"ended too early: {running.communicate()}"
        assert time.monotonic() < deadline
        time.sleep(0.002)


def finish(running: Running) -> Finished:
    out, errors = running.communicate(timeout=60)
    return subprocess.CompletedProcess(list(map(str, running.args)), running.returncode, out, errors)


def continue_to(whole: dict[str, bytes], run_commands: Run, source: Path, out: Path) -> None:
    (done,) = run_commands([["align", "run", source, "--out", out, *ONE_EACH]], out.parent)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert tree(out) == whole
    assert check_shards(out).problems == []


@pytest.mark.slow
def test_of_two_runs_into_one_folder_the_second_is_refused(
    source: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    start: Start,
    run_commands: Run,
    assert_refused: Refused,
) -> None:
    out = tmp_path / "out"
    first = start(source, "--out", "out", *ONE_EACH)
    wait_until(lambda: any(out.glob("shard-*.h5")), first)
    os.killpg(first.pid, signal.SIGSTOP)  # it holds the folder for as long as this takes
    assert first.poll() is None
    before = tree(out)
    assert len(shards(out)) < PHOTOGRAPHS
    command = ["align", "run", source, "--out", "out", *ONE_EACH]
    for done in run_commands([command, [*command, "--overwrite"]], tmp_path):
        assert_refused(done, BUSY)
        assert "--out" in done.stderr
    assert tree(out) == before
    os.killpg(first.pid, signal.SIGCONT)
    done = finish(first)
    assert done.returncode == 0 and done.stderr == ""
    assert tree(out) == whole


@pytest.mark.slow
def test_a_folder_is_free_once_its_run_was_killed(
    source: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    start: Start,
    run_commands: Run,
    assert_refused: Refused,
) -> None:
    out = tmp_path / "out"
    first = start(source, "--out", "out", *ONE_EACH, "--workers", 1)
    wait_until(lambda: any(out.glob("shard-*.h5")), first)
    os.killpg(first.pid, signal.SIGSTOP)
    (done,) = run_commands([["align", "run", source, "--out", "out", *ONE_EACH]], tmp_path)
    assert_refused(done, BUSY)
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    continue_to(whole, run_commands, source, out)


@pytest.mark.slow
def test_a_folder_that_cannot_be_written(
    source: Path, tmp_path: Path, run_commands: Run, assert_refused: Refused
) -> None:
    """Permissions would not stop root."""
    (tmp_path / "file").write_text("x")
    for folder in ("lock", "manifest"):
        (tmp_path / folder).mkdir()
    (tmp_path / "lock" / LOCK_FILE).mkdir()
    (tmp_path / "manifest" / MANIFEST_FILE).mkdir()
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere" / "at all")
    (tmp_path / "circle").symlink_to("circle")
    cases: list[tuple[object, str]] = [
        ("file", "file"),
        ("file/below", "file/below: "),
        ("file/further/below", "file"),
        ("lock", ""),
        ("manifest", MANIFEST_FILE),
        ("circle", "circle: "),
        ("long" * 100, "long: "),
        *([("/proc/facetrust", "/proc/facetrust: ")] if Path("/proc/self").exists() else []),
        *([("/dev/full", "/dev/full: ")] if Path("/dev/full").exists() else []),
    ]
    commands = [["align", "run", source, "--out", out] for out, _ in cases]
    for done, (_, told) in zip(run_commands(commands, tmp_path), cases, strict=True):
        assert_refused(done, told)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(
    source: Path, tmp_path: Path, run_commands: Run, assert_refused: Refused
) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    for done in run_commands(
        [["align", "run", source, "--out", out] for out in ("closed", "closed/below")], tmp_path
    ):
        assert_refused(done, "closed")


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_shard_that_finds_no_room(
    portraits: list[Array],
    save_jpeg: Save,
    tmp_path: Path,
    process_environment: dict[str, str],
    run_commands: Run,
    assert_refused: Refused,
    workers: str,
) -> None:
    """Files of more than 60,000 bytes cannot be written: a shard of one crop can, one of two cannot."""
    wall = np.full((120, 120, 3), 128, np.uint8)
    for number, images in enumerate(
        [(portraits[0], wall)] * 3 + [(portraits[1], portraits[2]), (wall, wall)]
    ):
        for place, image in enumerate(images):
            save_jpeg(tmp_path / "in" / f"p{number}" / f"{place}.jpg", image)
    words = ["align", "run", "in", "--layout", "people", "--shard-size", "2", "--workers", workers]
    refused = subprocess.run(
        [sys.executable, "-m", *words, "--out", "out"],
        cwd=tmp_path,
        env=process_environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
    )
    assert_refused(refused, "File too large")
    assert list(tmp_path.glob("out/.*.tmp")) == []
    begun = shards(tmp_path / "out")
    if workers == "1":
        assert list(begun) == [f"shard-{number:05d}.h5" for number in range(3)]
    assert "shard-00003.h5" not in begun
    again, fresh = run_commands([[*words, "--out", "out"], [*words, "--out", "fresh"]], tmp_path)
    assert again.returncode == fresh.returncode == 0, again.stderr + fresh.stderr
    if workers == "1":
        assert "5 shards, 3 of them already there" in again.stdout
    assert tree(tmp_path / "out") == tree(tmp_path / "fresh")
    assert {name: tree(tmp_path / "out")[name] for name in begun} == begun


@pytest.mark.slow
def test_a_disk_that_is_full(
    source: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    process_environment: dict[str, str],
    assert_refused: Refused,
) -> None:
    """On a small disk of its own, which only processes of this test see; then with more room on it."""
    (tmp_path / "disk").mkdir()
    small, large = "size=1m", "size=16m"
    private = ["unshare", "-rm", "sh", "-c"]
    mount = f"mount -t tmpfs -o {small} none disk"
    if (
        not shutil.which("unshare")
        or subprocess.run([*private, mount], cwd=tmp_path, capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine lets nobody mount a small disk")
    words = [sys.executable, "-m", "align", "run", source, "--out", "disk/out", *ONE_EACH]
    run = shlex.join(map(str, words))
    script = (
        f"{mount} || exit 99\n"
        f"{run} 2> error; status=$?\n"
        "cp -r disk/out begun\n"
        f"mount -o remount,{large} none disk || exit 99\n"
        f"{run} || exit 98\n"
        "cp -r disk/out ended\n"
        "exit $status\n"
    )
    done = subprocess.run(
        [*private, script],
        cwd=tmp_path,
        env=process_environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode == 2 and done.stderr == "", done
    told = (tmp_path / "error").read_text(encoding="utf-8")
    assert_refused(subprocess.CompletedProcess(list(map(str, words)), 2, "", told), "No space left on device")
    begun = tree(tmp_path / "begun")
    assert [name for name in begun if name.endswith(".tmp")] == []
    finished = shards(tmp_path / "begun")
    assert 10 < len(finished) < PHOTOGRAPHS
    assert {name: whole[name] for name in finished} == finished
    assert tree(tmp_path / "ended") == whole


@pytest.mark.slow
@NEEDS_PROC
def test_a_worker_that_dies(
    source: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    start: Start,
    run_commands: Run,
    assert_refused: Refused,
) -> None:
    out = tmp_path / "out"
    running = start(source, "--out", "out", *ONE_EACH, "--workers", 2)
    wait_until(lambda: len(list(out.glob("shard-*.h5"))) >= 3, running)
    with paused(running.pid):  # so that nothing finishes between the look and the blow
        before = shards(out)
        assert 3 <= len(before) < PHOTOGRAPHS
        workers = worker_processes(running.pid)
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
    done = finish(running)
    assert_refused(done, "a worker process died")
    assert "run the same command again" in done.stderr
    found = shards(out)
    assert len(found) < PHOTOGRAPHS
    assert {name: found[name] for name in before} == before
    continue_to(whole, run_commands, source, out)


@contextmanager
def paused(group: int) -> Iterator[None]:
    os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(group, signal.SIGCONT)


def worker_processes(parent: int) -> list[int]:
    """What multiprocessing's fork server, a child of the command, has forked."""
    return [worker for server in fork_servers(parent) for worker in fork_servers(server)]


def fork_servers(parent: int) -> list[int]:
    """The children of a process that have the words of a fork server; those that it forks keep them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            own_parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes()
        except (OSError, IndexError):  # it has just ended
            continue
        if own_parent == parent and b"multiprocessing.forkserver" in words:
            found.append(int(folder.name))
    return found


def assert_interrupted(running: Running) -> None:
    """Interrupt a command as a terminal does, which tells its workers as well."""
    os.killpg(running.pid, signal.SIGINT)
    done = finish(running)
    assert done.stderr.splitlines() == ["error: interrupted; what was already written is kept"]
    assert done.returncode == 130


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "begun"), [(1, 0), (1, 3), (2, 0), (2, 1), (2, 9)])
def test_ctrl_c(
    source: Path,
    whole: dict[str, bytes],
    tmp_path: Path,
    start: Start,
    run_commands: Run,
    workers: int,
    begun: int,
) -> None:
    out = tmp_path / "out"
    running = start(source, "--out", "out", *ONE_EACH, "--workers", workers)
    wait_until(lambda: (out / MANIFEST_FILE).exists() and len(list(out.glob("shard-*.h5"))) >= begun, running)
    assert_interrupted(running)
    assert len(shards(out)) < PHOTOGRAPHS
    continue_to(whole, run_commands, source, out)


@pytest.mark.slow
@NEEDS_PROC
@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_ctrl_c_while_workers_start(source: Path, start: Start, delay: float) -> None:
    running = start(source, "--out", "out", *ONE_EACH, "--workers", 2)
    wait_until(lambda: len(worker_processes(running.pid)) == 2, running)
    time.sleep(delay)
    assert_interrupted(running)


@pytest.mark.slow
def test_ctrl_c_while_a_worker_idles(source: Path, tmp_path: Path, start: Start) -> None:
    """Of two shards the first is made at once, because all its photographs are broken."""
    copies = 10  # so that the second takes long enough to be interrupted, also on a busy machine
    for number in range(copies * PHOTOGRAPHS):
        path = tmp_path / "in" / f"a{number}" / "0.jpg"
        path.parent.mkdir(parents=True)
        path.write_text("no image")
    for number in range(copies):
        shutil.copytree(source, tmp_path / "in" / f"b{number}")
    running = start("in", "--out", "out", "--shard-size", copies * PHOTOGRAPHS, "--workers", 2)
    wait_until((tmp_path / "out" / "shard-00000.h5").exists, running)
    assert_interrupted(running)
    assert list(shards(tmp_path / "out")) == ["shard-00000.h5"]
