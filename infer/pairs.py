"""Which photographs are to be compared, and, where it is known, what each pair shows."""

from dataclasses import dataclass
from pathlib import Path

from align.sources.boundary import Boundary
from align.sources.pairs import LABELS_FILE, read_pair_labels
from align.sources.photograph import IMAGE_SUFFIXES
from common.errors import UserError
from common.pair_list import PairList, read_pair_list
from common.pairs import PairCategory, category_of


@dataclass(frozen=True)
class Pair:
    """Two photographs."""

    pair_id: str
    first: Path
    second: Path


def find_pairs(root: Path) -> list[Pair]:
    """The pairs of a folder that holds `PAIR_ID/0.jpg` and `PAIR_ID/1.jpg`, sorted by id, or of a CSV file.

    Any image suffix will do. A photograph that is missing still makes a pair; it is reported when it is read.
    A file is a list as `common.pair_list.read_pair_list` takes it; its paths are relative to its folder, and
    a pair's id is the number of its line.

    Raises UserError when there is no such folder or no pair in it, when a list is malformed, and when a path
    of it leaves its folder.
    """
    if root.is_file():
        return _listed_pairs(read_pair_list(root))
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


def _listed_pairs(listed: PairList) -> list[Pair]:
    boundary = Boundary(listed.source.parent, follow_links=False)
    return [
        Pair(
            str(number),
            _listed_photograph(first, boundary, listed),
            _listed_photograph(second, boundary, listed),
        )
        for first, second, number in zip(listed.first, listed.second, listed.lines, strict=True)
    ]


def _listed_photograph(text: str, boundary: Boundary, listed: PairList) -> Path:
    path = boundary.normalised(text.replace("\\", "/"))
    if path is None:
        raise UserError(f"{listed.source}: '{text}' leaves the folder of the list; move the list above it")
    return listed.source.parent / path


def _photograph(folder: Path, stem: str) -> Path:
    found = sorted(
        path for path in folder.glob(f"{stem}.*") if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    )
    return found[0] if found else folder / f"{stem}.jpg"


def read_labels(root: Path) -> dict[str, PairCategory] | None:
    """What each pair shows, from `labels.csv` beside the pairs or from the list of pairs itself.

    None where a folder has no such file. Raises UserError as `read_pair_labels` and `find_pairs`, which say
    what is in the files.
    """
    if root.is_file():
        listed = read_pair_list(root)
        kinds = list(PairCategory)
        return {
            str(number): kinds[code] for number, code in zip(listed.lines, listed.categories, strict=True)
        }
    if not (root / LABELS_FILE).exists():
        return None
    return {
        pair: category_of(label.same_person, *label.synthetic)
        for pair, label in read_pair_labels(root).items()
    }
