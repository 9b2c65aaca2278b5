"""Lists of photographs, row by row: whom they show and which are synthetic, under whatever headers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from common.formats.csv_rows import csv_form, read_csv_rows
from common.formats.labels.flags import FLAGS, read_flag, read_synthetic
from common.formats.labels.kinds import Positive
from common.formats.labels.labelling import GO_ON, MOST_LEFT
from common.formats.labels.photograph_columns import (
    NO_FLAGS,
    WITHOUT_NAMES,
    PhotographColumns,
    choose_columns,
    is_header,
    refuse_unknown_header,
)
from common.runtime.errors import UserError
from common.runtime.wording import counted

MAX_LINE = 65_536  # characters
_SHOWN = 40  # characters of a malformed cell in a message


class Said(NamedTuple):
    """What is said of a photograph; by default nothing."""

    identity: str = ""
    synthetic: bool | None = None
    drop: bool = False  # whether to leave it out
    group: str = ""  # the video or the like that it was taken from
    species: str = ""  # the kind of forgery
    pseudo: bool = False  # whether `synthetic` is the guess of models

    @property
    def groups(self) -> tuple[str, ...]:
        """As a `Photograph` has them."""
        return (self.group,) if self.group else ()


class ListedRow(NamedTuple):
    """One row of a list."""

    line: int  # of the file
    path: str  # as it is written
    said: Said


@dataclass(frozen=True)
class PhotographList:
    """A list of photographs, in the order of the file."""

    file: Path
    rows: list[ListedRow]
    notes: list[str]  # how it was read, for people
    says_synthetic: bool  # whether it has a column of flags
    guessed: bool  # whether nothing tells what 1 means in it

    def by_path(self, prefix: str = "") -> dict[str, ListedRow]:
        """The rows by their paths, from which a prefix is taken.

        Raises UserError where two rows say different things of one path.
        """
        found: dict[str, ListedRow] = {}
        for row in self.rows:
            path = row.path.removeprefix(prefix)
            before = found.setdefault(path, row)
            if before.said != row.said:
                raise UserError(
                    f"{self.file}, lines {before.line} and {row.line}: two things are said of {path}; "
                    "remove the wrong one"
                )
        return found

    def unflagged(self, rows: Sequence[ListedRow], allow: bool) -> list[str]:
        """A note on the rows without a flag in a list that has a column of flags; else none.

        Raises UserError, unless `allow`, where these are more than `MOST_LEFT` of the rows, but not all.
        """
        empty = [row for row in rows if row.said.synthetic is None]
        if not self.says_synthetic or not empty:
            return []
        note = (
            f"{len(empty):,} of {len(rows):,} rows do not say whether the face is synthetic, the first is "
            f"line {empty[0].line}: taken for bona fide"
        )
        if not allow and MOST_LEFT * len(rows) < len(empty) < len(rows):
            raise UserError(f"{self.file}: {note}; write 0 or 1 into the empty cells, or go on with {GO_ON}")
        return [note]


def pseudo_notes(said: Iterable[Said]) -> list[str]:
    """A note on flags that are guesses of models; none where none is."""
    count = sum(one.pseudo for one in said)
    return [f"{counted(count, 'flag')} by pseudo-labels, the guesses of models"] if count else []


def read_photograph_list(
    file: Path, told: Mapping[str, str] = {}, positive: Positive | None = None
) -> PhotographList:
    """The rows of a CSV list of photographs.

    Its first line names the columns, by names that `labels/photograph_columns.py` knows or that are
    `told` (role: name), or, where it does not, is a row like the next: `path[,identity][,synthetic]`. Flags
    are 0 or 1, true or false, real or fake, or empty; what 1 means is told by `positive`, or else by the name
    of their column. Empty lines are passed over.

    Raises UserError, naming the line, when the file is not such a list, lists nothing, or does not tell what
    its columns are.
    """
    rows = [
        (number, row)
        for number, row in read_csv_rows(file, max_line=MAX_LINE)
        if any(cell.strip() for cell in row)
    ]
    columns = WITHOUT_NAMES
    notes = [form] if (form := str(csv_form(file))) else []
    if rows and (told or is_header(rows[0][1])):
        number, header = rows.pop(0)
        columns = choose_columns(f"{file}, line {number}", header, [row for _, row in rows], told, positive)
    elif rows:
        refuse_unknown_header(f"{file}, line {rows[0][0]}", [row for _, row in rows])
        _refuse_flags_for_people(file, rows)
        notes.append("no first line names the columns: taken for path,identity,synthetic")
        columns = replace(columns, inverted=positive is Positive.REAL)
        if all(len(row) < 3 for _, row in rows):
            columns = replace(columns, synthetic=None)
            notes.append(NO_FLAGS)
    if not rows:
        raise UserError(f"{file} lists no photographs; it needs lines of path,identity,synthetic")
    known: dict[tuple[str, ...], Said] = {}  # one object for all rows that say the same
    listed = [ListedRow(number, *_read(file, number, row, columns, known)) for number, row in rows]
    notes += columns.notes
    return PhotographList(file, listed, notes, columns.synthetic is not None, columns.guessed)


def _refuse_flags_for_people(file: Path, rows: Sequence[tuple[int, list[str]]]) -> None:
    """Rows without a header whose second cell is a flag would make two people; the first may be a header."""
    second = {row[1].strip() for _, row in rows[1:] or rows if len(row) > 1} - {""}
    if second and all(read_synthetic(cell) is not None for cell in second):
        flags = {row[1].strip() for _, row in rows if len(row) > 1 and read_synthetic(row[1]) is not None}
        raise UserError(
            f"{file}, line {rows[0][0]}: the second column holds {', '.join(sorted(flags)[:2])}; say what "
            "it is in a first line, path,synthetic where 1 is synthetic, or path,identity"
        )


def _read(
    file: Path, number: int, row: list[str], columns: PhotographColumns, known: dict[tuple[str, ...], Said]
) -> tuple[str, Said]:
    """The path of a row and what it says."""
    if len(row) > columns.width:
        raise UserError(
            f'{file}, line {number}: {len(row)} columns where {columns.width} belong; put "…" around commas'
        )
    width = len(row)
    path, *cells = (
        row[column] if column is not None and column < width else ""
        for column in (
            *(columns.path, columns.identity, columns.synthetic),
            *(columns.drop, columns.group, columns.species, columns.pseudo),
        )
    )
    if not path.strip():
        raise UserError(f"{file}, line {number}: the path is missing")
    said = known.get(key := tuple(cells))
    if said is None:
        said = known[key] = _said(f"{file}, line {number}", cells, columns.inverted)
    return path, said


def _said(line: str, cells: Sequence[str], inverted: bool) -> Said:
    identity, flag, drop, group, species, pseudo = cells
    for role, text in (("identity", identity), ("group", group), ("species", species)):
        if "\0" in text:
            raise UserError(f"{line}: the {role} holds a NUL character; remove it")
    synthetic = read_flag(flag)
    if synthetic is not None:
        synthetic = synthetic != inverted
    elif flag.strip() and (synthetic := read_synthetic(flag)) is None:
        raise UserError(
            f'{line}: synthetic must be 0, 1 or empty, not "{flag[:_SHOWN]}" ({FLAGS} are read); mend it, or '
            "name the columns in a first line, path among them, or with --columns"
        )
    for role, text in (("drop", drop), ("pseudo", pseudo)):
        if text.strip() and read_flag(text) is None:
            raise UserError(f'{line}: {role} must be 0, 1 or empty, not "{text[:_SHOWN]}"')
    guessed = bool(read_flag(pseudo))
    if guessed and synthetic is None:
        raise UserError(f"{line}: a pseudo-label without a flag; give it 0 or 1, or leave the row out")
    return Said(identity.strip(), synthetic, bool(read_flag(drop)), group.strip(), species.strip(), guessed)
