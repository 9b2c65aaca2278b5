"""Writer of CSV files of any size, line by line."""

import re
from collections.abc import Iterable
from pathlib import Path

from common.runtime.atomic import write_atomically

_TO_QUOTE = re.compile('[,"\r\n]')


def write_csv(path: Path, header: str, lines: Iterable[str]) -> None:
    """Write a header and texts of whole lines, each ended with `\\n`, atomically as UTF-8.

    Undecodable bytes of file names are backslash-escaped. Raises OSError when the file cannot be written.
    """

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            file.write(header + "\n")
            file.writelines(lines)

    write_atomically(path, write)


def csv_line(*cells: str) -> str:
    """One line of at least two cells."""
    return ",".join(map(csv_cell, cells)) + "\n"


def csv_cell(text: str) -> str:
    """A cell, in quotes where RFC 4180 wants them.

    The csv module of Python 3.11 and 3.12 leaves a lone carriage return bare, and then reads two lines.
    """
    return '"' + text.replace('"', '""') + '"' if needs_quotes(text) else text


def needs_quotes(text: str) -> bool:
    """Whether a cell holds a comma, quote, CR or LF."""
    return _TO_QUOTE.search(text) is not None


def printable_utf8(text: str) -> str:
    """The text itself, or, where it stands for bytes that are not UTF-8, with these escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
