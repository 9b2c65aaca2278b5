import signal
import subprocess
import sys
from pathlib import Path

import pytest

from common.atomic import write_atomically, write_text_atomically


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
        "from common.atomic import write_atomically\n"
        "def write(temporary):\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_atomically(Path(sys.argv[1]), write)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, path], env=process_environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
