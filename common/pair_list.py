"""Pair lists: a CSV file that names two photographs a line and says whether they show one person."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.csv_rows import read_csv_rows
from common.errors import UserError
from common.pairs import category_of

COLUMNS = ("path1", "path2", "label", "synthetic1", "synthetic2")
NEEDED = 3  # of the columns
NOT_SAID = -1  # the flag of a photograph that the list does not call synthetic or bona fide
MAX_PAIRS = 10_000_000
MAX_LINE = 65_536  # characters: a file without line ends must not fill the memory
MAX_PATH = 4_096  # characters
SHOWN = 40  # characters of a malformed cell in a message

_FLAGS = {"": NOT_SAID, "0": 0, "1": 1}
_CODES = np.array(
    [[category_of(label, synthetic, 0).code for synthetic in (0, 1)] for label in (0, 1)], np.int8
)


@dataclass(frozen=True)
class PairList:
    """P listed pairs, column by column, in the order of the file."""

    source: Path
    first: list[str]  # paths as they are written; photographs that are listed often share one string
    second: list[str]
    same_person: NDArray[np.bool_]  # (P,) the label
    synthetic: NDArray[np.int8]  # (P, 2) 1 = synthetic, 0 = bona fide, `NOT_SAID`
    lines: NDArray[np.int64]  # (P,) of the file, from 1, where each pair ends

    def __len__(self) -> int:
        return len(self.first)

    @property
    def categories(self) -> NDArray[np.int8]:
        """(P,) `PairCategory.code` of each pair; a photograph of which nothing is said is bona fide."""
        return pair_categories(self.same_person, self.synthetic == 1)


def pair_categories(same_person: NDArray[np.bool_], synthetic: NDArray[np.bool_]) -> NDArray[np.int8]:
    """`PairCategory.code` of pairs, (P,), from their labels (P,) and the flags of their faces (P, 2)."""
    return _CODES[same_person.astype(np.intp), synthetic.any(axis=1).astype(np.intp)]


def read_pair_list(path: Path) -> PairList:
    """The pairs of a CSV file `path1,path2,label[,synthetic1,synthetic2]`.

    A label of 1 means that both photographs show one person, a flag of 1 that a face is synthetic; an empty
    flag, or one that is not there, says nothing. A first line may name the columns, in any order and among
    others. The file is UTF-8, with or without BOM; cells may be quoted, spaces around them and empty lines
    are passed over. Paths are not looked at.

    Raises UserError, naming the line, when the file is not such a list, has more than `MAX_PAIRS` pairs, or
    lists none.
    """
    columns: _Columns | None = None
    texts: dict[str, str] = {}  # one string for all mentions of a photograph
    first: list[str] = []
    second: list[str] = []
    labels, flags, lines = array("b"), array("b"), array("q")
    for number, cells in _rows(path):
        if columns is None:
            columns = _columns(f"{path}, line {number}", cells)
            if columns is not _WITHOUT_NAMES:
                continue
        if len(first) == MAX_PAIRS:
            raise UserError(f"{path} lists more than {MAX_PAIRS} pairs; shorten it")
        one, two, label, *said = _pair(f"{path}, line {number}", cells, columns)
        first.append(texts.setdefault(one, one))
        second.append(texts.setdefault(two, two))
        labels.append(label)
        flags.extend(said)
        lines.append(number)
    if not first:
        raise UserError(f"{path} lists no pairs; it needs lines of {','.join(COLUMNS[:NEEDED])}")
    return PairList(
        path,
        first,
        second,
        np.array(labels, np.int8) == 1,
        np.array(flags, np.int8).reshape(-1, 2),
        np.array(lines, np.int64),
    )


@dataclass(frozen=True)
class _Columns:
    """Where the cells of a row are: those of `COLUMNS`, in that order, None for one that is not there."""

    positions: tuple[int | None, ...]
    width: int


_WITHOUT_NAMES = _Columns(tuple(range(len(COLUMNS))), len(COLUMNS))


def _columns(line: str, cells: list[str]) -> _Columns:
    """The columns as the first line names them; `_WITHOUT_NAMES` where it is a pair itself."""
    names = [cell.lower() for cell in cells]
    if not set(COLUMNS) & set(names):
        return _WITHOUT_NAMES
    for name in COLUMNS:
        if names.count(name) > 1:
            raise UserError(f"{line}: two columns are called {name}; rename one")
    for name in COLUMNS[:NEEDED]:
        if name not in names:
            raise UserError(f"{line}: no column is called {name}; the columns are {','.join(COLUMNS)}")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown and not set(COLUMNS) <= set(names):
        raise UserError(
            f"{line}: '{unknown[0][:SHOWN]}' is none of {', '.join(COLUMNS)}; rename the column if it is one "
            "of these, or add those that lack"
        )
    return _Columns(tuple(names.index(name) if name in names else None for name in COLUMNS), len(names))


def _pair(line: str, cells: list[str], columns: _Columns) -> tuple[str, str, int, int, int]:
    """Paths, label and flags of a line."""
    if len(cells) > columns.width:
        raise UserError(f'{line}: {len(cells)} columns where {columns.width} belong; put "…" around commas')
    if len(cells) < NEEDED:
        raise UserError(f"{line}: a pair is {','.join(COLUMNS[:NEEDED])} with commas between them; mend it")
    found = [cells[at] if at is not None and at < len(cells) else "" for at in columns.positions]
    one, two, label, *flags = found
    for text in (one, two):
        if not text or "\0" in text or len(text) > MAX_PATH:
            problem = "is missing" if not text else "holds a NUL character" if "\0" in text else "is too long"
            raise UserError(f"{line}: a path {problem}; mend it")
    if label not in ("0", "1"):
        raise UserError(
            f"{line}: the label must be 1 for one person or 0, not '{label[:SHOWN]}'; mend it, or name the "
            f"columns in a first line: {','.join(COLUMNS)}"
        )
    for flag in flags:
        if flag not in _FLAGS:
            raise UserError(f"{line}: a synthetic flag must be 0, 1 or empty, not '{flag[:SHOWN]}'; mend it")
    return one, two, int(label), _FLAGS[flags[0]], _FLAGS[flags[1]]


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, without the spaces around cells, each with the line that it ends on."""
    for number, row in read_csv_rows(path, skip_spaces=True, max_line=MAX_LINE):
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield number, cells
