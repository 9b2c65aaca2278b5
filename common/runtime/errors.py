"""Exceptions whose text users read."""

import re
from collections.abc import Callable

LONGEST_LINE = 300  # characters of what a library says
_FIELD = re.compile(r"\{(\w*)\}")


class UserError(Exception):
    """A failure that the user can mend; its text is one line that says what is wrong and what to do.

    Commands print it without a traceback and end with exit status 2.
    """


class ParameterError(UserError):
    """A `UserError` about parameters of a call, which are options of a command.

    They stand in its text in braces, `{min_score}`: `str` names them as Python does, `min_score`, and
    `as_options` as the command line does, `--min-score`. Each `{}` is one of the values, which are shown as
    they are: what comes from a user, and may hold braces itself, is given so.
    """

    def __init__(self, text: str, *values: object) -> None:
        super().__init__(text, *values)

    def __str__(self) -> str:
        return self._text(lambda name: name)

    @property
    def as_options(self) -> str:
        """The text for the command line."""
        return self._text(lambda name: f"--{name.replace('_', '-')}")

    def _text(self, named: Callable[[str], str]) -> str:
        text, *values = self.args
        following = map(str, values)
        return _FIELD.sub(lambda found: named(found[1]) if found[1] else next(following, "{}"), text)


def user_text(error: Exception) -> str:
    """What an exception says on the command line."""
    return error.as_options if isinstance(error, ParameterError) else str(error)


def first_line(error: BaseException) -> str:
    """The first line of what an exception of a library says, or the name of its class where it says nothing.

    At most 300 characters. It may quote a file from outside; the command line escapes what it prints.
    """
    lines = str(error).strip().splitlines()
    return lines[0][:LONGEST_LINE] if lines else type(error).__name__
