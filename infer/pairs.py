"""Which photographs are to be compared, and, where it is known, what each pair shows."""

from dataclasses import dataclass
from pathlib import Path

from align.sources.pairs import LABELS_FILE, read_pair_labels
from align.sources.photograph import IMAGE_SUFFIXES
from common.errors import UserError
from common.pairs import PairCategory, category_of


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

    Raises UserError as `read_pair_labels`, which says what is in the file.
    """
    if not (root / LABELS_FILE).exists():
        return None
    return {
        pair: category_of(label.same_person, *label.synthetic)
        for pair, label in read_pair_labels(root).items()
    }
