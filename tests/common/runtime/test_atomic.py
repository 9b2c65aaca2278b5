import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.runtime import atomic
from common.runtime.atomic import remove_stale_temporaries, write_atomically, write_text_atomically


def test_text_is_written_as_utf8_into_folders_that_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "ä.txt"
    write_text_atomically(path, "grüße\n")
    assert path.read_bytes() == "grüße\n".encode()
    write_text_atomically(path, "")
    assert path.read_bytes() == b""
    assert [entry.name for entry in path.parent.iterdir()] == ["ä.txt"]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half of the n")
        raise RuntimeError("disk on fire")

    with pytest.raises(RuntimeError, match="disk on fire"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_the_file_is_complete_before_it_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def write(temporary: Path) -> None:
        temporary.write_text("new, first half")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent  # a rename is atomic within one file system only
        temporary.write_text("new, whole")

    write_atomically(path, write)
    assert path.read_text() == "new, whole"


def test_a_process_killed_while_it_writes_leaves_the_old_file(
    tmp_path: Path, process_environment: dict[str, str]
) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from common.runtime.atomic import write_atomically\n"
        "def write(temporary):\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_atomically(Path(sys.argv[1]), write)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, path], env=process_environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def half_written(folder: Path, host: str, process: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a process of a machine leaves when it is killed while it writes `shard.h5`."""
    paths: list[Path] = []

    def write(temporary: Path) -> None:
        temporary.write_text("half")
        paths.append(temporary)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "_HOST", host)
        patch.setattr(os, "getpid", lambda: process)
        write_atomically(folder / "shard.h5", write)
    paths[0].write_text("half")
    return paths[0]


def test_machines_that_share_a_folder_have_temporaries_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert re.fullmatch(r"[\w-]*", atomic._HOST)
    paths = {half_written(tmp_path, host, 7, monkeypatch) for host in ("node-1", "node-2")}
    assert len(paths) == 2


def test_only_stale_temporaries_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finished = subprocess.Popen([sys.executable, "-c", ""])
    finished.wait()
    own = [
        half_written(tmp_path, atomic._HOST, process, monkeypatch) for process in (os.getpid(), finished.pid)
    ]
    foreign = [half_written(tmp_path, host, os.getpid(), monkeypatch) for host in ("elsewhere", "long-gone")]
    nameless = tmp_path / f".shard.h5.{finished.pid}.tmp"  # of a facetrust that did not name the machine
    another = tmp_path / ".of-another-program.tmp"
    hours_ago = time.time() - 2 * 3600
    for path in (own[0], foreign[1], nameless, another):
        path.touch()
        os.utime(path, (hours_ago, hours_ago))
    remove_stale_temporaries(tmp_path)
    left = sorted(path for path in tmp_path.iterdir() if path.suffix == ".tmp")
    assert left == sorted([own[0], foreign[0], another])


def test_a_writer_that_ended_and_was_never_asked_for_is_not_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker is whose parent was killed with it, until the system clears it away."""
    killed = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    path = half_written(tmp_path, atomic._HOST, killed.pid, monkeypatch)
    remove_stale_temporaries(tmp_path)
    assert path.exists()
    killed.kill()
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # ended, and left as it is
    remove_stale_temporaries(tmp_path)
    assert not path.exists() and killed.wait() == -signal.SIGKILL
