"""What commands share that answer one question, by their exit status too."""

import json
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from common.runtime.command_line import as_typed
from common.runtime.errors import ParameterError, UserError, user_text

if TYPE_CHECKING:
    from infer.score import Verdict

MATCH, NO_MATCH, NO_ANSWER = 0, 1, 2  # exit status


def status_of(verdict: "Verdict | None") -> int:
    """The exit status that says a verdict."""
    from infer.score import Verdict

    if verdict is None:
        return NO_ANSWER
    return MATCH if verdict is Verdict.MATCH else NO_MATCH


def errors_told(command: Callable[..., None]) -> Callable[..., None]:
    """The command, which with `--json` tells an error on standard output too.

    The error then goes its usual way, to standard error and status 2.
    """

    @wraps(command)
    def told(**given: Any) -> None:
        try:
            command(**given)
        except typer.Exit:
            raise
        except Exception as error:
            if given["as_json"]:
                text = as_typed(" ".join(user_text(error).split())) or type(error).__name__
                typer.echo(json.dumps({"error": text}))
            raise

    return told


def refuse_early(paths: Sequence[Path], picture: Path | None, parameter: str) -> None:
    """Raise UserError for what can be told before a model is loaded; `parameter` names the picture."""
    for path in paths:
        if not path.exists():
            raise UserError(f"no such file: {path}")
    if picture is None:
        return
    if picture.suffix.lower() != ".png" or picture.is_dir():
        raise ParameterError(
            f"{{{parameter}}} is written as PNG, so name a file that ends in .png, not {{}}", picture
        )
    if picture.resolve() in {path.resolve() for path in paths}:
        raise ParameterError(
            f"{{{parameter}}} would overwrite the photograph or video {{}}; give it another name", picture
        )
