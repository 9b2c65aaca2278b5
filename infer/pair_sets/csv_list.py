"""Pairs that a CSV file lists."""

from itertools import chain
from pathlib import Path

import numpy as np

from common.errors import UserError
from common.pair_list import SHOWN, PairList, read_pair_list
from infer.pair_sets.pair_set import PairSet
from infer.pair_sets.photographs import Photographs


def read_csv_list(source: Path, images: Path | None = None) -> PairSet:
    """The pairs of a list as `common.pair_list.read_pair_list` takes it; ids are the numbers of its lines.

    Paths are relative to `images`, by default to the folder of the list. Raises UserError for a malformed
    list and for a path that leaves the folder.
    """
    listed = read_pair_list(source)
    rows = _Rows(listed, source.parent if images is None else images)
    mentions = chain.from_iterable(zip(listed.first, listed.second, strict=True))
    members = np.fromiter(map(rows.__getitem__, mentions), np.int64, 2 * len(listed)).reshape(-1, 2)
    return PairSet(
        name=source.stem,
        source=str(source),
        images=rows.photographs.files,
        image_names=rows.photographs.names,
        ids=list(map(str, listed.lines.tolist())),
        members=members,
        categories=listed.categories,
    )


class _Rows(dict[str, int]):
    """The row of a photograph by its path as it is written; each such text is looked into once."""

    def __init__(self, listed: PairList, root: Path) -> None:
        super().__init__()
        self.photographs = Photographs(root)
        self._listed = listed
        self._root = root

    def __missing__(self, text: str) -> int:
        row = self.photographs.row(text.replace("\\", "/"))
        if row is None:
            raise UserError(
                f"{self._listed.source}, line {self._line_of(text)}: {text[:SHOWN]!r} leaves the folder of "
                f"the photographs, {self._root}; write it relative to that, or name another with --images"
            )
        self[text] = row
        return row

    def _line_of(self, text: str) -> int:
        columns = zip(self._listed.first, self._listed.second, self._listed.lines, strict=True)
        return next(int(line) for *both, line in columns if text in both)
