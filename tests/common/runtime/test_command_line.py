import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = """
import sys, time
from pathlib import Path
import typer
from common.runtime.atomic import write_text_atomically
from common.runtime.command_line import INTERRUPTED, console, new_app, run_app
from common.runtime.errors import UserError

app = new_app("Test.")

@app.command()
def fail(how: str) -> None:
    if how == "user":
        raise UserError("cannot find [bold]x[/bold];\\nname  another")
    if how == "escape":
        raise UserError("cannot read \\x1b[2J\\x9b; mend it")
    if how == "os":
        open("absent.txt")
    if how == "file":
        write_text_atomically(Path("there"), "over a folder")
    if how == "folder":
        write_text_atomically(Path("program.py/a.txt"), "below a file")
    if how == "told":
        print("Interrupted.")
        raise typer.Exit(INTERRUPTED)
    if how == "bug":
        raise ZeroDivisionError("one\\ntwo")
    if how == "memory":
        raise MemoryError
    if how == "depth":
        raise RecursionError("too deep")
    if how == "end":
        raise EOFError("cut")
    if how == "no":
        raise typer.Exit(1)
    if how == "print":
        for number in range(2000):
            console.print(f"line {number}; python -m align run")
    if how == "wait":
        print("waiting", flush=True)
        time.sleep(60)

run_app(app)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    (tmp_path / "there").mkdir()
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("user", "error: cannot find [bold]x[/bold]; name another"),
        ("escape", "error: cannot read \\x1b[2J\\x9b; mend it"),
        ("os", "error: absent.txt: No such file or directory"),
        ("file", "error: there is a folder; name a file"),
        ("folder", "error: program.py: a file lies where a folder is needed; name another"),
        ("bug", "error: internal error (ZeroDivisionError: one); please report it"),
    ],
)
def test_a_failure_is_one_line_and_status_2(
    program: Path, how: str, told: str, process_environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, program, "fail", how],
        cwd=program.parent,
        env=process_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(told) and len(done.stderr.splitlines()) == 1
    shown = subprocess.run(
        [sys.executable, program, "fail", how],
        cwd=program.parent,
        env=process_environment | {"FACETRUST_TRACEBACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" in shown.stderr


@pytest.mark.parametrize(
    ("how", "status"), [("no", 1), ("memory", 2), ("depth", 2), ("end", 2), ("other", 0)]
)
def test_only_a_command_ends_with_1(
    program: Path, how: str, status: int, process_environment: dict[str, str]
) -> None:
    for traceback in ({}, {"FACETRUST_TRACEBACK": "1"}):
        environment = process_environment | traceback
        done = subprocess.run(
            [sys.executable, program, "fail", how], env=environment, capture_output=True, check=False
        )
        assert done.returncode == status


@pytest.mark.parametrize("words", [["fail", "print"], ["--help"], ["fail", "--help"]])
def test_a_pipe_that_nobody_reads_is_no_answer(
    program: Path, words: list[str], process_environment: dict[str, str]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(program), *words]
    environment = {name: text for name, text in process_environment.items() if name != "PYTHONUNBUFFERED"}
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run(
            command, env=environment, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (2, "")


def test_commands_are_told_as_they_are_typed(program: Path, process_environment: dict[str, str]) -> None:
    for name, told in (("program.py", "python -m align run"), ("facetrust", "facetrust align run")):
        script = program.with_name(name)
        script.write_text(PROGRAM)
        done = subprocess.run(
            [sys.executable, script, "fail", "print"],
            env=process_environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.splitlines()[0] == f"line 0; {told}"


def test_an_interrupt_says_that_what_was_written_is_kept(
    program: Path, process_environment: dict[str, str]
) -> None:
    running = subprocess.Popen(
        [sys.executable, program, "fail", "wait"],
        env=process_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None and running.stdout.readline() == "waiting\n"
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert told.splitlines() == ["error: interrupted; what was already written is kept"]


def test_an_interrupt_that_a_command_has_told_of_is_not_told_again(
    program: Path, process_environment: dict[str, str]
) -> None:
    command = [sys.executable, program, "fail", "told"]
    done = subprocess.run(command, env=process_environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "Interrupted.\n", "")
