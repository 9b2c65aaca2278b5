"""How far a list of photographs fits what is there, and whether it says of each what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from align.sources.photograph_list import ListedRow
from common.formats.labels.labelling import GO_ON, MOST_LEFT
from common.runtime.errors import UserError

_SHOWN = 120  # characters of a path in a message


@dataclass(frozen=True)
class ListFit:
    """The rows of a list, and those of them that fit nothing."""

    file: Path
    rows: Sequence[ListedRow]
    missing: Sequence[ListedRow]  # in the folder of the list, where no such file is
    outside: Sequence[ListedRow]  # of that folder
    says_synthetic: bool  # whether there is a column of flags

    def notes(self, allow: bool) -> list[str]:
        """What is left over, for people.

        Raises UserError, unless `allow`, where no row that is called synthetic names a file that is there
        while others do, and where more than `MOST_LEFT` of the rows name none, or have no flag while others
        have one.
        """
        lost = self._lost()
        missing, empty = self._missing(), unflagged(self.rows, self.says_synthetic)
        much = MOST_LEFT * len(self.rows)
        any_there = len(self.missing) + len(self.outside) < len(
            self.rows
        )  # else the run ends with its reasons
        if not allow and any_there and (lost or len(self.missing) > much):
            raise UserError(
                f"{self.file}: {'; '.join([*lost, *missing])}; mend the paths, which are relative to "
                f"{self.file.parent}, or go on with {GO_ON}"
            )
        if not allow:
            refuse_empty_flags(self.file, self.rows, self.says_synthetic)
        return [*lost, *missing, *empty]

    def _missing(self) -> list[str]:
        if not self.missing:
            return []
        row = self.missing[0]
        return [
            f"{len(self.missing):,} of {len(self.rows):,} rows name no file that is there, the first in line "
            f'{row.line}: "{row.path[-_SHOWN:]}"'
        ]

    def _lost(self) -> list[str]:
        synthetic = {row.line for row in self.rows if row.synthetic}
        left = {row.line for row in (*self.missing, *self.outside)}
        if not synthetic or not synthetic <= left or len(left) == len(self.rows):
            return []
        return [f"none of its {len(synthetic):,} rows called synthetic names a file that is there"]


def unflagged(rows: Sequence[ListedRow], says_synthetic: bool) -> list[str]:
    """What to tell of rows without a flag in a list that has a column of flags; nothing where none is."""
    empty = [row for row in rows if row.synthetic is None]
    if not says_synthetic or not empty:
        return []
    return [
        f"{len(empty):,} of {len(rows):,} rows do not say whether the face is synthetic, the first is line "
        f"{empty[0].line}: taken for bona fide"
    ]


def refuse_empty_flags(file: Path, rows: Sequence[ListedRow], says_synthetic: bool) -> None:
    """Raise UserError where some rows have a flag and more than `MOST_LEFT` of them have none."""
    count = sum(row.synthetic is None for row in rows)
    if says_synthetic and MOST_LEFT * len(rows) < count < len(rows):
        raise UserError(
            f"{file}: {unflagged(rows, says_synthetic)[0]}; write 0 or 1 into the empty cells, or go on with "
            f"{GO_ON}"
        )
