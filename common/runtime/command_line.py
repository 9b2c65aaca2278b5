"""How every command starts, shows progress and ends: one line and exit status 2 for what a user can mend."""

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from common.runtime.errors import UserError, user_text

TRACEBACK_VARIABLE = "FACETRUST_TRACEBACK"

INTERRUPTED = 130  # exit status
PLAIN_WIDTH = 140  # columns, where the output goes to a file or a pipe

console = Console(highlight=False, soft_wrap=True)
if not console.is_terminal:
    console.width = PLAIN_WIDTH


def new_app(help_text: str) -> typer.Typer:
    """A typer application in the house style: help on no arguments, no shell-completion options."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def examples(*commands: str) -> str:
    """The epilog of a command's help: one example a line."""
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {command}" for command in commands)


def run_app(app: typer.Typer, arguments: list[str] | None = None, program: str | None = None) -> None:
    """Run a command and end the process: 0 done, 2 cannot work as asked, 130 interrupted.

    `arguments` and `program`, the name in the help, are by default those that the process was started with. A
    traceback is for developers; set FACETRUST_TRACEBACK=1 to see it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names may hold what a terminal's encoding does not
            stream.reconfigure(errors="replace")
    try:
        app(arguments, prog_name=program)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # typer's own answer to Ctrl-C
            _fail("interrupted; what was already written is kept", status=INTERRUPTED)
        raise
    except UserError as error:
        _fail(user_text(error), status=2)
    except OSError as error:
        _fail(_describe_os_error(error), status=2)
    except Exception as error:
        detail = f"{type(error).__name__}: {error}".splitlines()[0]
        _fail(
            f"internal error ({detail}); please report it with the output of "
            f"{TRACEBACK_VARIABLE}=1 {' '.join(sys.argv[:3])} …",
            status=2,
        )


def printable(text: str) -> str:
    """Text from outside with control characters and the like escaped, which a terminal would obey."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def print_notes(notes: Iterable[str]) -> None:
    """Print what a person should know, a line each; the texts may quote a file from outside."""
    for note in notes:
        console.print(f"[yellow]note:[/] {escape(printable(note))}")


def _fail(message: str, status: int) -> NoReturn:
    """End the process with one line; called while an exception is being handled."""
    if os.environ.get(TRACEBACK_VARIABLE):
        raise
    Console(stderr=True, highlight=False).print("[bold red]error:[/] ", end="")
    sys.stderr.write(printable(" ".join(message.split())) + "\n")  # it may quote a file from outside
    sys.exit(status)


def _describe_os_error(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


@contextmanager
def progress_bar(title: str, unit: str = "images") -> Iterator[Callable[[int, int], None]]:
    """A progress bar with count and remaining time; yields `update(done, total)`."""
    columns = (
        SpinnerColumn(),
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=None)

        def update(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield update
