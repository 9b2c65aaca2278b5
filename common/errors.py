"""The one exception that users are meant to read."""


class UserError(Exception):
    """A failure that the user can mend; its text is one line that says what is wrong and what to do.

    Commands print it without a traceback and end with exit status 2.
    """
