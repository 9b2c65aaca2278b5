"""Crops that are one picture under labels that contradict each other: the words for them, and the list."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.duplicates.near_duplicates import DuplicateGroup
from common.runtime.atomic import write_text_atomically
from common.runtime.wording import counted

SAME_PICTURES_FILE = "same_pictures.csv"
COLUMNS = ("picture", "kind", "path", "identity", "synthetic", "part")
TRAINING, VALIDATION = "training", "validation"


@dataclass(frozen=True)
class CropLabels:
    """Labels of N crops."""

    paths: Sequence[str]
    people: NDArray[np.str_]  # (N,); of people who are not known, a name for each crop
    synthetic: NDArray[np.bool_]  # (N,)
    parts: Sequence[str] = ()  # TRAINING or VALIDATION of each; empty where there is no split


def contradicting(groups: Iterable[DuplicateGroup], labels: CropLabels) -> list[DuplicateGroup]:
    """The groups whose crops have several names, are both bona fide and synthetic, or on both sides."""
    return [
        group
        for group in groups
        if _differ(labels.people, group) or _differ(labels.synthetic, group) or _differ(labels.parts, group)
    ]


def describe(groups: Sequence[DuplicateGroup], labels: CropLabels) -> str:
    """A one-line summary of groups that contradict themselves, of one at least."""
    people = [group for group in groups if _differ(labels.people, group)]
    parts = []
    if people:
        crops = sum(len(group.rows) for group in people)
        equal = sum(_is_equal_across(labels.people, group) for group in people)
        which = "equal to the last pixel" if equal == len(people) else f"{equal:,} equal to the last pixel"
        parts.append(
            f"{counted(len(people), 'picture')} under several names ({counted(crops, 'crop')}, {which})"
        )
    if flags := sum(_differ(labels.synthetic, group) for group in groups):
        parts.append(f"{counted(flags, 'picture')} called both bona fide and synthetic")
    if split := sum(_differ(labels.parts, group) for group in groups):
        parts.append(f"{counted(split, 'picture')} both trained on and validated with")
    return ", ".join(parts)


def write_list(path: Path, groups: Sequence[DuplicateGroup], labels: CropLabels) -> None:
    """Write the crops of the groups as CSV, atomically: `COLUMNS`, the pictures counted from 1.

    Raises OSError when it cannot be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for number, group in enumerate(groups, 1):
        for row in group.rows:
            part = labels.parts[row] if len(labels.parts) else ""
            said = labels.paths[row], labels.people[row], int(labels.synthetic[row])
            table.writerow((number, group.kind.value, *said, part))
    write_text_atomically(path, text.getvalue())


def _differ(values: Sequence[str] | NDArray[np.str_] | NDArray[np.bool_], group: DuplicateGroup) -> bool:
    return len(values) > 0 and len({str(values[row]) for row in group.rows}) > 1


def _is_equal_across(people: NDArray[np.str_], group: DuplicateGroup) -> bool:
    """Whether two crops of a group that have several names are equal to the last pixel."""
    named = {(first, people[row]) for first, row in zip(group.first_equal, group.rows, strict=True)}
    return len(named) > len(set(group.first_equal))
