"""Reading CSV files that are not trusted."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from common.errors import UserError


def read_csv_rows(
    path: Path, *, skip_spaces: bool = False, max_line: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The rows of a UTF-8 CSV file, with or without BOM, each with the number of the line that it ends on.

    Args:
        path: of the file.
        skip_spaces: pass over spaces after a comma, so that a quote may follow them.
        max_line: characters of the longest line, so that a file without line ends cannot fill the memory.

    Raises UserError, on the way, for a file that cannot be read, is not UTF-8, breaks the rules of CSV, or
    has a longer line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = file if max_line is None else _bounded_lines(path, file, max_line)
            reader = csv.reader(lines, strict=True, skipinitialspace=skip_spaces)
            try:
                for row in reader:
                    yield reader.line_num, row
            except csv.Error as error:
                raise UserError(
                    f"{path}, line {reader.line_num}: not valid CSV ({error}); mend it"
                ) from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8; save it as CSV in UTF-8") from error
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}); mend that or name another file"
        ) from error


def _bounded_lines(path: Path, file: TextIO, longest: int) -> Iterator[str]:
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise UserError(f"{path}, line {number}: longer than {longest} characters; this is no pair list")
        yield line
