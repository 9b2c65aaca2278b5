"""How every command starts, shows progress and ends: one line and exit status 2 for what a user can mend."""

import io
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

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

FAILED, INTERRUPTED = 2, 130  # exit status; 1 is the answer no
PLAIN_WIDTH = 140  # columns, where the output goes to a file or a pipe
COMMAND = "facetrust"  # the console command
_MODULE = re.compile(r"\bpython -m (?=(?:align|train|infer)\b)")


def as_typed(text: str) -> str:
    """The text with the commands in it as the user types them: `facetrust infer` for `python -m infer`."""
    return _MODULE.sub(f"{COMMAND} ", text) if Path(sys.argv[0]).stem == COMMAND else text


class _Console(Console):
    def print(self, *objects: Any, **more: Any) -> None:
        super().print(*(as_typed(entry) if isinstance(entry, str) else entry for entry in objects), **more)

    def on_broken_pipe(self) -> None:
        try:
            super().on_broken_pipe()  # nothing more is printed; it ends with 1
        except SystemExit:
            sys.exit(FAILED)


console = _Console(highlight=False, soft_wrap=True)
if not console.is_terminal:
    console.width = PLAIN_WIDTH


def new_app(help_text: str) -> typer.Typer:
    """A typer application in the house style: help on no arguments, --version, no shell completion."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(help=help_text)
    def group(
        told: Annotated[
            bool,
            typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version."),
        ] = False,
    ) -> None:
        """Nothing of its own: the option answers and ends."""

    return app


def examples(*commands: str) -> str:
    """The epilog of a command's help: one example a line."""
    return "[bold]Examples[/bold]\n\n" + "\n\n".join(f"  {as_typed(command)}" for command in commands)


def run_app(app: typer.Typer, arguments: list[str] | None = None, program: str | None = None) -> None:
    """Run a command and end the process: 0 done, 2 cannot work as asked, 130 interrupted, 1 the answer no.

    `arguments` and `program`, the name in the help, are by default those that the process was started with. A
    traceback is for developers; set FACETRUST_TRACEBACK=1 to see it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names may hold what a terminal's encoding does not
            stream.reconfigure(errors="replace")
    try:
        app(arguments, prog_name=program)
    except SystemExit as end:
        if end.code == INTERRUPTED and _is_by_keyboard(end):
            _fail_as_interrupted()
        if end.code == 1 and not isinstance(end.__context__, typer.Exit):
            sys.exit(FAILED)  # typer's own answer to an end of file, and to a pipe that nobody reads any more
        raise
    except KeyboardInterrupt:
        _fail_as_interrupted()
    except UserError as error:
        _fail(user_text(error))
    except OSError as error:
        _fail(_describe_os_error(error))
    except Exception as error:
        detail = f"{type(error).__name__}: {error}".splitlines()[0]
        _fail(
            f"internal error ({detail}); please report it with the output of "
            f"{TRACEBACK_VARIABLE}=1 {' '.join([_program(), *sys.argv[1:3]])} …"
        )


def _is_by_keyboard(end: SystemExit) -> bool:
    """Whether an exit is typer's own answer to Ctrl-C, not that of a command that has told of it already."""
    return not isinstance(end.__context__, typer.Exit) or isinstance(
        end.__context__.__cause__, KeyboardInterrupt
    )


def _program() -> str:
    place = Path(sys.argv[0])
    return f"python -m {place.parent.name}" if place.name == "__main__.py" else place.name


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"{COMMAND} {version(COMMAND)}")
        except PackageNotFoundError:  # the source alone
            typer.echo(f"{COMMAND}, not installed")
        raise typer.Exit


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


def _fail(message: str, status: int = FAILED) -> NoReturn:
    """End the process with one line; called while an exception is being handled."""
    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exc()
    Console(stderr=True, highlight=False).print("[bold red]error:[/] ", end="")
    line = as_typed(" ".join(message.split()))
    sys.stderr.write(printable(line) + "\n")  # it may quote a file from outside
    sys.exit(status)


def _fail_as_interrupted() -> NoReturn:
    _fail("interrupted; what was already written is kept", INTERRUPTED)


def _describe_os_error(error: OSError) -> str:
    if error.filename and isinstance(error, IsADirectoryError):
        return f"{error.filename} is a folder; name a file"
    if error.filename and isinstance(error, FileExistsError | NotADirectoryError):
        return f"{error.filename}: a file lies where a folder is needed; name another"
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
