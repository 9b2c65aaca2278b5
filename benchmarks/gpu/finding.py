"""A row of the table: what was found, beside what is expected."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One figure."""

    what: str
    figure: str
    expected: str = ""
    holds: bool | None = None  # None where there is nothing to judge by
