"""The layout `csv`: a list that names the photographs, whom they show, and which are synthetic."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from align.sources.boundary import Boundary
from align.sources.photograph import Photograph, without_suffix
from common.csv_rows import read_csv_rows
from common.errors import UserError

LEAVES = "the path leaves the folder of the list"
LISTED_TWICE = "listed twice"

_Rows = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True)
class _Columns:
    """Where the cells of a row are; None for a column that the list does not have."""

    path: int
    identity: int | None
    synthetic: int | None
    width: int


def read_list(file: Path, follow_links: bool = False) -> list[Photograph]:
    """The photographs that a CSV file lists, sorted by path, relative to its folder.

    Its first line names the columns `path`, `identity` and `synthetic`, in any order and among others, or,
    where no cell of it is `path`, is a row like the next: `path[,identity][,synthetic]`. Without an identity
    a photograph is one of its own, its path without suffix; `synthetic` is 0, 1 or empty. Empty lines are
    passed over. Whether a photograph is there is not looked at.

    A path that leaves the folder, also by a link unless `follow_links`, and one listed before keep their row
    and have a problem; the first is given as it stands, other paths without `.`, `..` and doubled slashes.

    Raises UserError, naming the line, when the file is not such a list, and when it lists nothing.
    """
    rows: _Rows = ((number, row) for number, row in read_csv_rows(file) if any(cell.strip() for cell in row))
    columns, rows = _columns(file, rows)
    boundary = Boundary(file.parent, follow_links)
    names: dict[str, str] = {}  # one string for all photographs of a person
    photographs = [
        _photograph(f"{file}, line {number}", row, columns, boundary, names) for number, row in rows
    ]
    if not photographs:
        raise UserError(f"{file} lists no photographs; it needs lines of path,identity,synthetic")
    photographs.sort(key=lambda photograph: photograph.path)
    for index in range(1, len(photographs)):
        own = photographs[index]
        if own.path == photographs[index - 1].path and own.problem is None:
            photographs[index] = replace(own, problem=LISTED_TWICE)
    return photographs


def _columns(file: Path, rows: _Rows) -> tuple[_Columns, _Rows]:
    """The columns, and the rows below the line that names them."""
    first = next(rows, None)
    if first is None:
        return _Columns(0, 1, 2, 3), rows
    names = [cell.strip().lower() for cell in first[1]]
    if "path" not in names:
        return _Columns(0, 1, 2, 3), chain([first], rows)
    for name in ("path", "identity", "synthetic"):
        if names.count(name) > 1:
            raise UserError(f"{file}, line {first[0]}: two columns are called {name}; rename one")
    unknown = [name for name in names if name not in ("path", "identity", "synthetic")]
    if unknown and not {"identity", "synthetic"} <= set(names):
        raise UserError(
            f"{file}, line {first[0]}: '{unknown[0]}' is none of path, identity and synthetic; rename the "
            "column if it is one of these, or add those that lack"
        )
    identity, synthetic = (names.index(name) if name in names else None for name in ("identity", "synthetic"))
    return _Columns(names.index("path"), identity, synthetic, len(names)), rows


def _photograph(
    line: str, row: list[str], columns: _Columns, boundary: Boundary, names: dict[str, str]
) -> Photograph:
    if len(row) > columns.width:
        raise UserError(f'{line}: {len(row)} columns where {columns.width} belong; put "…" around commas')

    def cell(column: int | None) -> str:
        return "" if column is None or column >= len(row) else row[column]

    given, identity, synthetic = cell(columns.path), cell(columns.identity).strip(), cell(columns.synthetic)
    if not given.strip():
        raise UserError(f"{line}: the path is missing")
    if "\0" in identity:
        raise UserError(f"{line}: the identity holds a NUL character; remove it")
    if synthetic.strip() not in ("", "0", "1"):
        raise UserError(
            f'{line}: synthetic must be 0, 1 or empty, not "{synthetic}"; mend it, or name the columns '
            "in a first line, path among them"
        )
    path = boundary.normalised(given)
    return Photograph(
        given if path is None else path,
        names.setdefault(identity, identity) or without_suffix(given if path is None else path),
        synthetic.strip() == "1",
        LEAVES if path is None else None,
    )
