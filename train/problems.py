"""Words for what pydantic finds wrong with a value of the configuration."""

from typing import Any

from pydantic_core import ErrorDetails

_RULES = {
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be one of {expected}",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "finite_number": "must be a finite number",
    "missing": "is missing",
    "json_invalid": "is not valid JSON",
}
_KINDS = {  # the types of errors begin with these
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "string": "must be text",
    "path": "must be a path",
    "tuple": "must be a list",
    "dict": "must be a table",
    "model": "must be a table",
}


class UnknownLoss(ValueError):
    """A loss whose name is not in `LOSSES`."""


class UnfitParameter(ValueError):
    """A parameter that its loss does not have, or does not take with this value.

    Args:
        name: of the parameter.
        text: one line that says what is wrong.
    """

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


def cause_of(error: ErrorDetails) -> Any:
    """The exception that a validator of ours raised, or None."""
    return error.get("ctx", {}).get("error")


def in_plain_words(error: ErrorDetails) -> str:
    """What is wrong with a value, to stand behind its key: `must be above 0, not -1`."""
    kind = error["type"]
    if kind in ("value_error", "assertion_error"):  # a validator's own words
        return error["msg"].partition(", ")[2]
    by_kind = _KINDS.get(kind.partition("_")[0])
    rule = _RULES.get(kind, by_kind or error["msg"].removeprefix("Input ").lower())
    told = rule.format_map(error.get("ctx", {})) if kind in _RULES else rule
    return told if kind in ("missing", "json_invalid") else f"{told}, not {error['input']!r}"
