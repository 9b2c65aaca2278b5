"""Lists of photographs, row by row: whom they show and which are synthetic, under whatever headers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from common.formats.csv_rows import csv_form, read_csv_rows
from common.formats.labels.flags import FLAGS, read_flag, read_synthetic
from common.formats.labels.photograph_columns import (
    NO_FLAGS,
    WITHOUT_NAMES,
    PhotographColumns,
    choose_columns,
    is_header,
    refuse_unknown_header,
)
from common.runtime.errors import UserError

MAX_LINE = 65_536  # characters
_SHOWN = 40  # characters of a malformed cell in a message


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One row of a list."""

    line: int = field(compare=False)  # of the file
    path: str = field(compare=False)  # as it is written
    identity: str  # empty where nothing is said
    synthetic: bool | None  # None where nothing is said
    drop: bool = False


@dataclass(frozen=True)
class PhotographList:
    """A list of photographs, in the order of the file."""

    file: Path
    rows: list[ListedRow]
    notes: list[str]  # how it was read, for people
    says_synthetic: bool  # whether it has a column of flags


def read_photograph_list(file: Path, told: Mapping[str, str] = {}) -> PhotographList:
    """The rows of a CSV list of photographs.

    Its first line names the columns, by names that `labels/photograph_columns.py` knows or that are
    `told` (role: name), or, where it does not, is a row like the next: `path[,identity][,synthetic]`. Flags
    are 0 or 1, true or false, real or fake, or empty. Empty lines are passed over.

    Raises UserError, naming the line, when the file is not such a list, lists nothing, or does not tell what
    its columns are.
    """
    rows = [
        (number, row)
        for number, row in read_csv_rows(file, max_line=MAX_LINE)
        if any(cell.strip() for cell in row)
    ]
    columns = WITHOUT_NAMES
    notes = []
    if rows and (told or is_header(rows[0][1])):
        number, header = rows.pop(0)
        columns = choose_columns(f"{file}, line {number}", header, [row for _, row in rows], told)
    elif rows:
        refuse_unknown_header(f"{file}, line {rows[0][0]}", [row for _, row in rows])
        _refuse_flags_for_people(file, rows)
        notes.append("no first line names the columns: taken for path,identity,synthetic")
        if all(len(row) < 3 for _, row in rows):
            columns = replace(columns, synthetic=None)
            notes.append(NO_FLAGS)
    if not rows:
        raise UserError(f"{file} lists no photographs; it needs lines of path,identity,synthetic")
    form = str(csv_form(file))
    names: dict[str, str] = {}  # one string for all photographs of a person
    listed = [_row(f"{file}, line {number}", number, row, columns, names) for number, row in rows]
    notes = [*([form] if form else []), *notes, *columns.notes]
    return PhotographList(file, listed, notes, columns.synthetic is not None)


def _refuse_flags_for_people(file: Path, rows: Sequence[tuple[int, list[str]]]) -> None:
    """Rows without a header whose second cell is a flag would make two people; the first may be a header."""
    second = {row[1].strip() for _, row in rows[1:] or rows if len(row) > 1} - {""}
    if second and all(read_synthetic(cell) is not None for cell in second):
        flags = {row[1].strip() for _, row in rows if len(row) > 1 and read_synthetic(row[1]) is not None}
        raise UserError(
            f"{file}, line {rows[0][0]}: the second column holds {', '.join(sorted(flags)[:2])}; say what "
            "it is in a first line, path,synthetic where 1 is synthetic, or path,identity"
        )


def _row(
    line: str, number: int, row: list[str], columns: PhotographColumns, names: dict[str, str]
) -> ListedRow:
    if len(row) > columns.width:
        raise UserError(f'{line}: {len(row)} columns where {columns.width} belong; put "…" around commas')

    def cell(column: int | None) -> str:
        return "" if column is None or column >= len(row) else row[column]

    path, identity = cell(columns.path), cell(columns.identity).strip()
    if not path.strip():
        raise UserError(f"{line}: the path is missing")
    if "\0" in identity:
        raise UserError(f"{line}: the identity holds a NUL character; remove it")
    synthetic = _flag(line, cell(columns.synthetic), columns)
    drop = cell(columns.drop)
    if drop.strip() and read_flag(drop) is None:
        raise UserError(f'{line}: drop must be 0, 1 or empty, not "{drop[:_SHOWN]}"')
    return ListedRow(
        number, path, names.setdefault(identity, identity), synthetic, bool(drop.strip() and read_flag(drop))
    )


def _flag(line: str, cell: str, columns: PhotographColumns) -> bool | None:
    if not cell.strip():
        return None
    flag = read_flag(cell)
    if flag is not None:
        return flag != columns.inverted
    flag = read_synthetic(cell)
    if flag is None:
        raise UserError(
            f'{line}: synthetic must be 0, 1 or empty, not "{cell[:_SHOWN]}" ({FLAGS} are read); mend it, or '
            "name the columns in a first line, path among them, or with --columns"
        )
    return flag
