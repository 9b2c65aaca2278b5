"""The layout `pairs`: folders of two photographs that are to be compared, as `infer pairs` reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from align.sources.photograph import Photograph, folder_of, without_suffix
from common.csv_rows import read_csv_rows
from common.errors import UserError

LABELS_FILE = "labels.csv"
_HEADER = ["pair_id", "label", "synthetic0", "synthetic1"]
_STEMS = ("0", "1")


@dataclass(frozen=True, slots=True)
class PairLabel:
    """What is known of a pair."""

    same_person: bool
    synthetic: tuple[bool, bool]


def pairs(paths: Sequence[str], labels: Mapping[str, PairLabel]) -> list[Photograph]:
    """The photographs `PAIR_ID/0.*` and `PAIR_ID/1.*` of sorted `paths`; others are passed over.

    Each is an identity of its own, `PAIR_ID/0`, unless the pair's label says that both show one person, who
    is then called `PAIR_ID`. Photographs without a label are bona fide.
    """
    photographs = []
    for path in paths:
        pair, stem = _parts(path)
        if pair and stem in _STEMS:
            label = labels.get(pair)
            identity = pair if label and label.same_person else without_suffix(path)
            photographs.append(
                Photograph(path, identity, label is not None and label.synthetic[_STEMS.index(stem)])
            )
    return photographs


def looks_like_pairs(paths: Sequence[str]) -> bool:
    """Whether every photograph is `PAIR_ID/0.*` or `PAIR_ID/1.*`, and every folder has both."""
    return bool(paths) and all(
        folder and "/" not in folder and {_parts(path)[1] for path in own} == set(_STEMS)
        for folder, own in groupby(paths, key=folder_of)
    )


def read_pair_labels(root: Path) -> dict[str, PairLabel]:
    """The `labels.csv` of a folder of pairs, by pair; empty where there is none.

    It has the columns `pair_id,label,synthetic0,synthetic1`; all but the id are 0 or 1. Raises UserError
    that names the first malformed line.
    """
    path = root / LABELS_FILE
    if not path.exists():
        return {}
    rows = read_csv_rows(path)
    _, header = next(rows, (0, []))
    if [name.strip() for name in header] != _HEADER:
        raise UserError(f"{path} must start with the line {','.join(_HEADER)}")
    labels: dict[str, PairLabel] = {}
    for number, row in rows:
        flags = [value.strip() for value in row[1:]]
        if len(row) != len(_HEADER) or any(flag not in ("0", "1") for flag in flags):
            raise UserError(f"{path}, line {number}: expected an id and three times 0 or 1")
        if row[0] in labels:
            raise UserError(f"{path}, line {number}: pair {row[0]} has come before")
        same, first, second = (flag == "1" for flag in flags)
        labels[row[0]] = PairLabel(same, (first, second))
    return labels


def _parts(path: str) -> tuple[str, str]:
    """Folder and stem; the folder is empty where the path is not of exactly one folder."""
    folder, _, name = path.rpartition("/")
    return ("" if "/" in folder else folder), without_suffix(name)
