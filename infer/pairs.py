"""Which photographs are to be compared, and, where it is known, what each pair shows."""

import csv
from dataclasses import dataclass
from pathlib import Path

from align.sources.photograph import IMAGE_SUFFIXES
from common.errors import UserError
from common.pairs import PairCategory, category_of

LABELS_FILE = "labels.csv"
LABELS_HEADER = ["pair_id", "label", "synthetic0", "synthetic1"]


@dataclass(frozen=True)
class Pair:
    """Two photographs."""

    pair_id: str
    first: Path
    second: Path


def find_pairs(root: Path) -> list[Pair]:
    """The pairs of a folder that holds `PAIR_ID/0.jpg` and `PAIR_ID/1.jpg`, sorted by id.

    Any image suffix will do. A photograph that is missing still makes a pair; it is reported when it is read.
    Raises UserError when there is no such folder or no pair in it.
    """
    if not root.is_dir():
        raise UserError(
            f"no such folder: {root}; name a folder of pairs, PAIR_ID/0.jpg and PAIR_ID/1.jpg, "
            "or make a sample with 'python -m align sample'"
        )
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    pairs = [Pair(folder.name, _photograph(folder, "0"), _photograph(folder, "1")) for folder in folders]
    if not any(pair.first.exists() or pair.second.exists() for pair in pairs):
        raise UserError(f"no pairs in {root}; it needs folders PAIR_ID with the photographs 0.jpg and 1.jpg")
    return pairs


def _photograph(folder: Path, stem: str) -> Path:
    found = sorted(
        path for path in folder.glob(f"{stem}.*") if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    )
    return found[0] if found else folder / f"{stem}.jpg"


def read_labels(root: Path) -> dict[str, PairCategory] | None:
    """What each pair shows, from `labels.csv` beside the pairs; None where there is no such file.

    The file has the columns `pair_id,label,synthetic0,synthetic1`; all but the id are 0 or 1.
    Raises UserError that names the first malformed line.
    """
    path = root / LABELS_FILE
    if not path.exists():
        return None
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as UTF-8 CSV") from error
    if not rows or [name.strip() for name in rows[0]] != LABELS_HEADER:
        raise UserError(f"{path} must start with the line {','.join(LABELS_HEADER)}")
    labels = {}
    for number, row in enumerate(rows[1:], start=2):
        flags = [value.strip() for value in row[1:]]
        if len(row) != len(LABELS_HEADER) or any(flag not in ("0", "1") for flag in flags):
            raise UserError(f"{path}, line {number}: expected an id and three times 0 or 1")
        if row[0] in labels:
            raise UserError(f"{path}, line {number}: pair {row[0]} has come before")
        labels[row[0]] = category_of(*(int(flag) for flag in flags))
    return labels
