"""Reader of untrusted CSV files, as programs and spreadsheets write them."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TextIO

from common.formats.text_encoding import encoding_of
from common.runtime.errors import UserError

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_HEAD = 1 << 16  # bytes that are looked at
_ROWS = 20  # that tell the separator
_TOLD = re.compile(r"\s*sep=(.)\s*\Z", re.IGNORECASE)  # how Excel writes the separator into a first line


@dataclass(frozen=True)
class CsvForm:
    """The encoding and the separator of a CSV file."""

    encoding: str = "utf-8"
    separator: str = ","
    told: bool = False  # the first line says `sep=` and is no row

    def __str__(self) -> str:
        """What is unusual about it, for people: "semicolons between the cells, UTF-16"; empty for nothing."""
        name = SEPARATORS.get(self.separator, repr(self.separator))
        parts = [] if self.separator == "," else [f"{name} between the cells"]
        parts += [] if self.encoding.startswith("utf-8") else [self.encoding.upper()]
        return ", ".join(parts)


def csv_form(path: Path) -> CsvForm:
    """The encoding of a CSV file by its first bytes, and its separator by its first rows.

    The separator is the comma unless the first rows hold the same number, above one, of cells between
    semicolons or tabs and not between commas. Raises UserError when the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise _unreadable(path, error) from error
    encoding = encoding_of(head)
    text = head.decode(encoding, "ignore")
    first, _, _ = text.partition("\n")
    told = _TOLD.fullmatch(first)
    if told and told[1] != '"':
        return CsvForm(encoding, told[1], told=True)
    return CsvForm(encoding, _separator(text, whole=len(head) < _HEAD))


def first_row(path: Path) -> list[str]:
    """The cells of the first row of a CSV file, whatever follows; empty where there is none.

    What is no text in its encoding is replaced. Raises UserError when the file cannot be read.
    """
    form = csv_form(path)
    with path.open(newline="", encoding=form.encoding, errors="replace") as file:
        lines = file.read(_HEAD).splitlines(keepends=True)[int(form.told) :]
    try:
        return next((row for row in csv.reader(lines, delimiter=form.separator) if any(row)), [])
    except csv.Error:
        return []


def read_csv_rows(
    path: Path, *, skip_spaces: bool = False, max_line: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file of any `csv_form`, each with the number of the line that it ends on.

    Args:
        path: of the file.
        skip_spaces: pass over spaces after a separator, so that a quote may follow them.
        max_line: characters of the longest line, so that a file without line ends cannot fill the memory.

    Raises UserError, on the way, for a file that cannot be read, is no text in UTF-8 or UTF-16, breaks the
    rules of CSV, or has a longer line.
    """
    form = csv_form(path)
    number = 0
    try:
        with path.open(newline="", encoding=form.encoding) as file:
            lines = file if max_line is None else bounded_lines(path, file, max_line)
            reader = csv.reader(lines, strict=True, skipinitialspace=skip_spaces, delimiter=form.separator)
            try:
                for row in reader:
                    number = reader.line_num
                    if number > 1 or not form.told:
                        yield number, row
            except csv.Error as error:
                raise UserError(
                    f"{path}, line {reader.line_num}: not valid CSV ({error}); mend it"
                ) from error
    except UnicodeError as error:
        name = "UTF-8" if form.encoding.startswith("utf-8") else form.encoding.upper()
        raise UserError(f"{path} is not {name}, below line {number}; save it as CSV in UTF-8") from error
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} cannot be read ({error.strerror}); mend that or name another file")


def _separator(text: str, whole: bool) -> str:
    """The separator of the first rows, without the last line of a text that is not whole."""
    text = text if whole else text.rpartition("\n")[0]
    if not any(separator in text for separator in SEPARATORS if separator != ","):
        return ","
    widths = {separator: _widths(text, separator) for separator in SEPARATORS}
    for separator, found in widths.items():
        if found and min(found) == max(found) > 1:
            return separator
    if widths[","] and max(widths[","]) > 1:
        return ","
    return next((other for other, found in widths.items() if found and min(found) > 1), ",")


def _widths(text: str, separator: str) -> list[int]:
    """How many cells the first rows have that are not empty."""
    found: list[int] = []
    try:
        for row in csv.reader(StringIO(text, newline=""), delimiter=separator):
            if any(cell.strip() for cell in row):
                found.append(len(row))
            if len(found) == _ROWS:
                break
    except csv.Error:
        return []
    return found


def bounded_lines(path: Path, file: TextIO, longest: int) -> Iterator[str]:
    """The lines of a text. Raises UserError for one of more characters than `longest`."""
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise UserError(f"{path}, line {number}: longer than {longest} characters; that is no list")
        yield line
