"""Reading CSV files that are not trusted."""

import csv
from collections.abc import Iterator
from pathlib import Path

from common.errors import UserError


def read_csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a UTF-8 CSV file, with or without BOM, each with the number of the line that it ends on.

    Raises UserError, on the way, for a file that cannot be read, is not UTF-8, or breaks the rules of CSV.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
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
