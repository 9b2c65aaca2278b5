"""The one exception that users are meant to read."""

LONGEST_LINE = 300  # characters of what a library says


class UserError(Exception):
    """A failure that the user can mend; its text is one line that says what is wrong and what to do.

    Commands print it without a traceback and end with exit status 2.
    """


def first_line(error: BaseException) -> str:
    """The first line of what an exception of a library says, or the name of its class where it says nothing.

    At most 300 characters. It may quote a file from outside; the command line escapes what it prints.
    """
    lines = str(error).strip().splitlines()
    return lines[0][:LONGEST_LINE] if lines else type(error).__name__
