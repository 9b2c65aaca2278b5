"""`labels.csv` of a folder of pairs: which pairs show one person, and which faces are synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from align.sources.label_files import above
from common.formats.csv_rows import csv_form, first_row, read_csv_rows
from common.formats.labels.files import LABELS_FILE
from common.formats.labels.flags import read_flag, read_synthetic
from common.formats.labels.join import join_labels
from common.formats.labels.photograph_columns import OTHERS, PATHS
from common.formats.pair_columns import HARMLESS
from common.runtime.errors import UserError

COLUMNS = ("pair_id", "label", "synthetic0", "synthetic1")
_MOST_TABLES = 20  # that are looked into
_ALIASES = (
    "pair_id pairid pair id pair_name folder",
    "label same same_person is_same is_same_person match genuine target",
    "synthetic0 synthetic_0 fake0 fake_0 is_fake0 deepfake0 deepfake_0 deepfake_a synthetic_a fake_a",
    "synthetic1 synthetic_1 fake1 fake_1 is_fake1 deepfake1 deepfake_1 deepfake_b synthetic_b fake_b",
)


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
        own = _own_labels(root.joinpath(*inner[:level]), pairs)
        if own is not None:
            return own
    for files in above(root, [LABELS_FILE]):
        for file in files:
            if file.path.name == LABELS_FILE and is_of_pairs(file.path):
                labels = read_pair_labels(file.path)
                if join_labels(labels.by_id, pairs).path_of:
                    return labels
    return None


def _own_labels(folder: Path, pairs: Sequence[str]) -> PairLabels | None:
    """The labels in the folder itself."""
    if (folder / LABELS_FILE).exists():
        return read_pair_labels(folder / LABELS_FILE)
    if not folder.is_dir():
        return None
    tables = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".csv", ".tsv"))
    for file in tables:
        if file.name.lower() == LABELS_FILE:
            return read_pair_labels(file)
    found = [read_pair_labels(file) for file in tables[:_MOST_TABLES] if is_of_pairs(file)]
    found = [labels for labels in found if join_labels(labels.by_id, pairs).path_of]
    if len(found) > 1:
        raise UserError(
            f"{found[0].file} and {found[1].file} both label the pairs; call the right one {LABELS_FILE}"
        )
    return found[0] if found else None


def is_of_pairs(path: Path) -> bool:
    """Whether a CSV file has the header of labels of pairs, and no column of one photograph each."""
    if not path.is_file():
        return False
    header = first_row(path)
    names = _plain(header)
    single = any(name in PATHS and name not in _ALIASES[0].split() for name in names)
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
    positions = _positions(header)
    if None in positions[:2] or (positions[2] is None) != (positions[3] is None):
        there = ", ".join(cell.strip() for cell in header)[:200] or "nothing"
        raise UserError(f"{path} must start with the line {','.join(COLUMNS)}; it starts with {there}")
    if positions[2] is None and (unknown := _unknown(header)):
        raise UserError(
            f"{path}: it is not known what the column '{unknown[0]}' says, and there are no two columns of "
            f"synthetic faces; call them {','.join(COLUMNS[2:])}, or remove the column"
        )
    labels: dict[str, PairLabel] = {}
    for number, row in rows:
        label = _label(row, header, positions)
        if label is None:
            raise UserError(f"{path}, line {number}: expected an id and three times 0 or 1")
        pair = row[positions[0] or 0].strip()
        if labels.setdefault(pair, label) is not label:
            raise UserError(f"{path}, line {number}: pair {pair} has come before")
    if not labels:
        raise UserError(f"{path} labels no pair; it needs lines of {','.join(COLUMNS)}")
    form = str(csv_form(path))
    notes = [form] if form else []
    if positions[2] is None:
        notes.append("no column says what is synthetic: all are taken for bona fide")
    return PairLabels(path, labels, notes)


def _positions(header: Sequence[str]) -> list[int | None]:
    """Where the columns are, in the order of `COLUMNS`."""
    names = _plain(header)
    return [
        next((names.index(alias) for alias in aliases.split() if names.count(alias) == 1), None)
        for aliases in _ALIASES
    ]


def _plain(header: Sequence[str]) -> list[str]:
    return [cell.strip().lower().replace(" ", "_").replace("-", "_") for cell in header]


def _unknown(header: Sequence[str]) -> list[str]:
    """The columns that may say anything."""
    known = {alias for aliases in _ALIASES for alias in aliases.split()} | OTHERS | {""}
    return [
        cell.strip()
        for cell, name in zip(header, _plain(header), strict=True)
        if name not in known and name.replace("_", "") not in HARMLESS.split()
    ]


def _label(row: Sequence[str], header: Sequence[str], positions: Sequence[int | None]) -> PairLabel | None:
    if len(row) != len(header) or not row[positions[0] or 0].strip():
        return None
    same = read_flag(row[positions[1] or 0])
    synthetic = [False if at is None else read_synthetic(row[at]) for at in positions[2:]]
    first, second = synthetic
    if same is None or first is None or second is None:
        return None
    return PairLabel(same, (first, second))
