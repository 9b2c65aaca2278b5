"""Pair lists: a CSV file that names two photographs a line and says whether they show one person."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.csv_rows import csv_form, read_csv_rows
from common.formats.labels.flags import FLAGS, read_flag, read_synthetic
from common.formats.pair_category import PairCategory, category_of
from common.formats.pair_columns import TWO_PATHS, WITHOUT_NAMES, Columns, find_columns, is_header
from common.runtime.errors import UserError

COLUMNS = ("path1", "path2", "label", "synthetic1", "synthetic2")
NEEDED = 2  # of the columns
NOT_SAID = -1  # the flag of a photograph that the list does not call synthetic or bona fide
UNLABELLED = -1  # in the place of a `PairCategory.code`
MAX_PAIRS = 10_000_000
MAX_LINE = 65_536  # characters: a file without line ends must not fill the memory
MAX_PATH = 4_096  # characters
SHOWN = 40  # characters of a malformed cell in a message

_LABELS = {"same": 1, "genuine": 1, "match": 1, "different": 0, "impostor": 0, "imposter": 0, "mismatch": 0}
_CODES = np.array(
    [[category_of(label, synthetic, 0).code for synthetic in (0, 1)] for label in (0, 1)], np.int8
)


@dataclass(frozen=True)
class PairList:
    """P listed pairs, column by column, in the order of the file."""

    source: Path
    first: list[str]  # paths as they are written; photographs that are listed often share one string
    second: list[str]
    same_person: NDArray[np.bool_]  # (P,) the label; false where the list has none
    synthetic: NDArray[np.int8]  # (P, 2) 1 = synthetic, 0 = bona fide, `NOT_SAID`
    lines: NDArray[np.int64]  # (P,) of the file, from 1, where each pair ends
    has_labels: bool = True
    ids: list[str] | None = None  # (P,) distinct, where the list has a column of them
    notes: tuple[str, ...] = ()  # what was made of a file that is written otherwise than usual, for people

    def __len__(self) -> int:
        return len(self.first)

    @property
    def categories(self) -> NDArray[np.int8]:
        """(P,) `PairCategory.code` of each pair; a photograph of which nothing is said is bona fide.

        Without labels a pair with a synthetic face is one all the same, and the others are `UNLABELLED`.
        """
        if self.has_labels:
            return pair_categories(self.same_person, self.synthetic == 1)
        known = (self.synthetic == 1).any(axis=1)
        return np.where(known, PairCategory.SYNTHETIC.code, UNLABELLED).astype(np.int8)


def pair_categories(same_person: NDArray[np.bool_], synthetic: NDArray[np.bool_]) -> NDArray[np.int8]:
    """`PairCategory.code` of pairs, (P,), from their labels (P,) and the flags of their faces (P, 2)."""
    codes: NDArray[np.int8] = _CODES[same_person.astype(np.intp), synthetic.any(axis=1).astype(np.intp)]
    return codes


def read_pair_list(path: Path, columns: str | None = None) -> PairList:
    """The pairs of a CSV file `path1,path2[,label[,synthetic1,synthetic2]]`.

    A label of 1 means that both photographs show one person, a flag of 1 that a face is synthetic; an empty
    flag, or one that is not there, says nothing. A first line may name the columns, in any order and among
    others, see `pair_columns.find_columns`, which also takes `columns`. The file is as `read_csv_rows`
    takes it; spaces around cells and empty lines are passed over. Paths are not looked at.

    Raises UserError, naming the line, when the file is not such a list, has more than `MAX_PAIRS` pairs, or
    lists none.
    """
    found: Columns | None = None
    cells_of = _Cells()
    texts: dict[str, str] = {}  # one string for all mentions of a photograph
    first: list[str] = []
    second: list[str] = []
    ids: list[str] = []
    labels, flags, lines = array("b"), array("b"), array("q")
    for number, cells in _rows(path):
        line = f"{path}, line {number}"
        if found is None:
            if columns or is_header(cells):
                found = find_columns(line, cells, columns)
                continue
            found = TWO_PATHS if len(cells) == 2 else WITHOUT_NAMES
        if len(first) == MAX_PAIRS:
            raise UserError(f"{path} lists more than {MAX_PAIRS} pairs; shorten it")
        one, two, label, *said, own = cells_of.pair(line, cells, found)
        first.append(texts.setdefault(one, one))
        second.append(texts.setdefault(two, two))
        labels.append(label)
        flags.extend(said)
        lines.append(number)
        if own:
            ids.append(own)
    if found is None or not first:
        raise UserError(f"{path} lists no pairs; it needs lines of {','.join(COLUMNS[:3])}")
    return PairList(
        path,
        first,
        second,
        np.array(labels, np.int8) == 1,
        np.array(flags, np.int8).reshape(-1, 2),
        np.array(lines, np.int64),
        found.positions[2] is not None,
        ids if len(set(ids)) == len(first) else None,
        _notes(path, found),
    )


def refuse_contradictions(listed: PairList, members: NDArray[np.int64], flags: bool = True) -> None:
    """Raise UserError when a pair is listed twice with two labels, naming both lines.

    `members` is (P, 2), the photographs that were found to be meant, -1 for none. With `flags` also when one
    line calls a photograph synthetic and another calls it bona fide.
    """
    there = np.flatnonzero((members >= 0).all(axis=1))
    low, high = members[there].min(axis=1), members[there].max(axis=1)
    if listed.has_labels:
        said = listed.same_person[there].astype(np.int64)
        if lines := _contradicting(low * (int(high.max(initial=0)) + 1) + high, said, listed.lines[there]):
            raise UserError(
                f"{listed.source}: line {lines[0]} says that two photographs show one person, line "
                f"{lines[1]} of the same two that they do not; remove one"
            )
    own = (listed.synthetic != NOT_SAID) & (members >= 0)
    lines_of = np.repeat(listed.lines[:, None], 2, axis=1)
    if flags and (lines := _contradicting(members[own], listed.synthetic[own], lines_of[own])):
        raise UserError(
            f"{listed.source}: line {lines[0]} calls a photograph synthetic that line {lines[1]} calls bona "
            "fide; mend one"
        )


def _contradicting(
    keys: NDArray[np.int64], said: NDArray[np.integer], lines: NDArray[np.int64]
) -> tuple[int, int] | None:
    """The lines, the one that says 1 first, of the first key of which 1 and 0 are said."""
    order = np.lexsort((lines, keys))
    keys, said, lines = keys[order], said[order], lines[order]
    at = np.flatnonzero((keys[1:] == keys[:-1]) & (said[1:] != said[:-1]))
    if not len(at):
        return None
    first = at[np.argmin(lines[at + 1])]
    both = sorted(zip(said[first : first + 2].tolist(), lines[first : first + 2].tolist(), strict=True))
    return both[1][1], both[0][1]


def _notes(path: Path, columns: Columns) -> tuple[str, ...]:
    form = str(csv_form(path))
    notes = [f"{path.name} has {form}"] if form else []
    if columns.named:
        notes.append(f"{path.name}: columns taken: {', '.join(columns.named)}")
    return tuple(notes)


class _Cells:
    """Cells of rows, read and judged; what was read before is remembered."""

    def __init__(self) -> None:
        self._labels: dict[str, int | None] = {}
        self._flags: dict[str, int | None] = {"": NOT_SAID}

    def pair(self, line: str, cells: list[str], columns: Columns) -> tuple[str, str, int, int, int, str]:
        """Paths, label and flags of a line, and its own name for the pair."""
        if len(cells) > columns.width:
            raise UserError(
                f'{line}: {len(cells)} columns where {columns.width} belong; put "…" around commas'
            )
        if len(cells) < NEEDED:
            raise UserError(f"{line}: a pair is {','.join(COLUMNS[:3])} with commas between them; mend it")
        found = [cells[at] if at is not None and at < len(cells) else "" for at in columns.positions]
        one, two, label, flag1, flag2, own = found
        for text in (one, two):
            _check_path(line, text)
        same = self._label(line, label) if columns.positions[2] is not None else 0
        return one, two, same, self._flag(line, flag1), self._flag(line, flag2), own

    def _label(self, line: str, text: str) -> int:
        if text not in self._labels:
            flag = read_flag(text)
            self._labels[text] = _LABELS.get(text.lower()) if flag is None else int(flag)
        found = self._labels[text]
        if found is None:
            raise UserError(
                f"{line}: the label must be 1 for one person or 0, not '{text[:SHOWN]}'; mend it, or name "
                f"the columns in a first line: {','.join(COLUMNS)}"
            )
        return found

    def _flag(self, line: str, text: str) -> int:
        if text not in self._flags:
            flag = read_synthetic(text)
            self._flags[text] = None if flag is None else int(flag)
        found = self._flags[text]
        if found is None:
            raise UserError(
                f"{line}: a synthetic flag must be {FLAGS}, or empty, not '{text[:SHOWN]}'; mend it"
            )
        return found


def _check_path(line: str, text: str) -> None:
    if not text or "\0" in text or len(text) > MAX_PATH:
        problem = "is missing" if not text else "holds a NUL character" if "\0" in text else "is too long"
        raise UserError(f"{line}: a path {problem}; mend it")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, without the spaces around cells, each with the line that it ends on."""
    for number, row in read_csv_rows(path, skip_spaces=True, max_line=MAX_LINE):
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield number, cells
