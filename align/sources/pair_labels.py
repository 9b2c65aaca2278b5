"""`labels.csv` of a folder of pairs: which pairs show one person, and which faces are synthetic."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from align.sources.label_file import TABLES, above
from common.formats.csv_rows import csv_form, first_row, read_csv_rows
from common.formats.header import plain
from common.formats.labels.files import LABELS_FILE
from common.formats.labels.flags import read_flag, read_synthetic
from common.formats.labels.join import join_labels
from common.formats.labels.photograph_columns import NO_FLAGS, OTHERS, PATHS
from common.formats.pair_columns import HARMLESS
from common.runtime.errors import UserError

COLUMNS = ("pair_id", "label", "synthetic0", "synthetic1")
_MOST_TABLES = 20  # that are looked into
_ALIASES = [
    names.split()
    for names in (
        "pairid pair id pairname folder",
        "label same sameperson issame issameperson match genuine target",
        "synthetic0 fake0 isfake0 deepfake0 deepfakea synthetica fakea",
        "synthetic1 fake1 isfake1 deepfake1 deepfakeb syntheticb fakeb",
    )
]
# what is known, or says nothing of a pair
_KNOWN = {*(alias for aliases in _ALIASES for alias in aliases), *OTHERS, *HARMLESS.split(), ""}


@dataclass(frozen=True, slots=True)
class PairLabel:
    """What is known of a pair."""

    same_person: bool
    synthetic: tuple[bool, bool]


@dataclass(frozen=True)
class PairLabels:
    """What a `labels.csv` says, by the id of the pair as it is written."""

    file: Path
    by_id: dict[str, PairLabel]
    notes: list[str]  # how it was read, for people


def find_pair_labels(root: Path, pairs: Sequence[str], around: str = "") -> PairLabels | None:
    """The labels of a folder of pairs: in it, or the nearest `labels.csv` above that names one of them.

    In the folder it is `labels.csv`, in capitals or not, or else the one table with the header of labels of
    pairs of whose ids one means a pair. It may also lie in the folders `around` the pairs (`images/`).

    Raises UserError as `read_pair_labels` for one in the folder, and where two tables are such; None where
    there is none.
    """
    inner = around.strip("/").split("/") if around else []
    for level in range(len(inner) + 1):
        if (own := _own_labels(root.joinpath(*inner[:level]), pairs)) is not None:
            return own
    higher = (file.path for files in above(root, [LABELS_FILE]) for file in files)
    return next(_naming(pairs, (file for file in higher if file.name == LABELS_FILE)), None)


def _own_labels(folder: Path, pairs: Sequence[str]) -> PairLabels | None:
    """The labels in the folder itself."""
    if (folder / LABELS_FILE).exists():
        return read_pair_labels(folder / LABELS_FILE)
    if not folder.is_dir():
        return None
    tables = sorted(file for file in folder.iterdir() if file.suffix.lower() in TABLES)
    for file in tables:
        if file.name.lower() == LABELS_FILE:
            return read_pair_labels(file)
    found = list(_naming(pairs, tables[:_MOST_TABLES]))
    if len(found) > 1:
        raise UserError(
            f"{found[0].file} and {found[1].file} both label the pairs; call the right one {LABELS_FILE}"
        )
    return found[0] if found else None


def _naming(pairs: Sequence[str], files: Iterable[Path]) -> Iterator[PairLabels]:
    """The labels in those of the files that are of pairs and of whose ids one means a pair."""
    for labels in (read_pair_labels(file) for file in files if is_of_pairs(file)):
        if join_labels(labels.by_id, pairs).path_of:
            yield labels


def is_of_pairs(path: Path) -> bool:
    """Whether a CSV file has the header of labels of pairs, and no column of one photograph each."""
    if not path.is_file():
        return False
    header = first_row(path)
    single = any(name in PATHS and name not in _ALIASES[0] for name in map(plain, header))
    return None not in _positions(header)[:2] and (not single or names_two_faces(header))


def names_two_faces(header: Sequence[str]) -> bool:
    """Whether a header has flags of two faces, as that of labels of pairs and of lists of pairs."""
    return None not in _positions(header)[2:]


def read_pair_labels(path: Path) -> PairLabels:
    """The labels of pairs in a CSV file.

    It has the columns `pair_id,label,synthetic0,synthetic1`, in any order and among others; without the last
    two nothing is synthetic. All but the id are flags. Raises UserError that names the first malformed line.
    """
    rows = ((number, row) for number, row in read_csv_rows(path) if any(cell.strip() for cell in row))
    _, header = next(rows, (0, []))
    identity, same, first, second = _positions(header)
    if identity is None or same is None or (first is None) != (second is None):
        there = ", ".join(cell.strip() for cell in header)[:200] or "nothing"
        raise UserError(f"{path} must start with the line {','.join(COLUMNS)}; it starts with {there}")
    if first is None and (unknown := _unknown(header)):
        raise UserError(
            f"{path}: it is not known what the column '{unknown}' says, and there are no two columns of "
            f"synthetic faces; call them {','.join(COLUMNS[2:])}, or remove the column"
        )
    labels: dict[str, PairLabel] = {}
    for number, row in rows:
        label = _label(row, same, first, second) if len(row) == len(header) else None
        pair = row[identity].strip() if label else ""
        if label is None or not pair:
            raise UserError(f"{path}, line {number}: expected an id and three times 0 or 1")
        if labels.setdefault(pair, label) is not label:
            raise UserError(f"{path}, line {number}: pair {pair} has come before")
    if not labels:
        raise UserError(f"{path} labels no pair; it needs lines of {','.join(COLUMNS)}")
    form = str(csv_form(path))
    return PairLabels(path, labels, [*([form] if form else []), *([NO_FLAGS] if first is None else [])])


def _positions(header: Sequence[str]) -> list[int | None]:
    """Where the columns are, in the order of `COLUMNS`."""
    names = list(map(plain, header))
    return [
        next((names.index(alias) for alias in aliases if names.count(alias) == 1), None)
        for aliases in _ALIASES
    ]


def _unknown(header: Sequence[str]) -> str | None:
    """The first column that may say anything."""
    return next((cell.strip() for cell in header if plain(cell) not in _KNOWN), None)


def _label(row: Sequence[str], same: int, first: int | None, second: int | None) -> PairLabel | None:
    one_person = read_flag(row[same])
    flags = [False if at is None else read_synthetic(row[at]) for at in (first, second)]
    if one_person is None or flags[0] is None or flags[1] is None:
        return None
    return PairLabel(one_person, (flags[0], flags[1]))
