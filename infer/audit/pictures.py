"""One picture several times: under one person, under several, or on both sides of a split."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind, find_duplicates
from infer.audit.crops import AuditedCrops
from infer.audit.findings import Finding, Kind
from infer.embed import Progress


@dataclass(frozen=True)
class Pictures:
    """The groups of crops that are one picture.

    Attributes:
        groups: by rows of all crops; forgeries made by `align forge` are in none.
        is_copy: (N,) crops whose picture the same person has before: they say nothing new of the person.
    """

    groups: list[DuplicateGroup]
    is_copy: NDArray[np.bool_]


def find_pictures(crops: AuditedCrops, progress: Progress = lambda done, total: None) -> Pictures:
    """The duplicate groups among all crops, see `common.duplicates.near_duplicates`."""
    rows = np.flatnonzero(~crops.forged)
    found = find_duplicates(len(rows), lambda place: crops.images(int(rows[place])), progress)
    groups = [
        DuplicateGroup(
            tuple(rows[list(group.rows)].tolist()), group.kind, tuple(rows[list(group.first_equal)].tolist())
        )
        for group in found
    ]
    is_copy = np.zeros(len(crops.labels), np.bool_)
    for group in groups:
        for shown in _by_person(crops, [row for row in group.rows if not crops.synthetic[row]]):
            is_copy[shown[1:]] = True
    return Pictures(groups, is_copy)


def picture_findings(
    crops: AuditedCrops, pictures: Pictures, held_out: Collection[str] | None
) -> list[Finding]:
    """The findings on each duplicate group.

    A bona fide photograph and a forgery of it, marked so, may be near each other; only equal pixels with two
    marks contradict themselves. Later copies under one person are to be dropped where all pixels are equal.

    Args:
        crops: of all rows.
        pictures: their groups.
        held_out: the people on one side of a split; None: there is no split.
    """
    found = []
    for group in pictures.groups:
        pixels = dict(zip(group.rows, group.first_equal, strict=True))
        found += [
            _finding(Kind.TWO_FLAGS, row, group)
            for row in group.rows
            if any(
                pixels[row] == pixels[other] and crops.synthetic[row] != crops.synthetic[other]
                for other in group.rows
            )
        ]
        for flag in (False, True):
            people = _by_person(crops, [row for row in group.rows if crops.synthetic[row] == flag])
            if len(people) > 1:
                sides = {crops.name(rows[0]) in held_out for rows in people} if held_out else set()
                kind = Kind.OVER_SPLIT if len(sides) == 2 else Kind.TWO_NAMES
                found += [_finding(kind, row, group) for rows in people for row in rows]
            for rows in people:
                for place, row in enumerate(rows[1:], 1):
                    redundant = pixels[row] in {pixels[earlier] for earlier in rows[:place]}
                    found.append(_finding(Kind.COPY, row, group, redundant))
    return found


def _finding(kind: Kind, row: int, group: DuplicateGroup, redundant: bool = False) -> Finding:
    others = tuple(other for other in group.rows if other != row)
    note = "equal pixels" if redundant or group.kind is DuplicateKind.EXACT else "nearly equal"
    return Finding(kind, row, beside=others, note=note, certain=redundant, drop=redundant)


def _by_person(crops: AuditedCrops, rows: Sequence[int]) -> list[list[int]]:
    """The rows, person by person."""
    people: dict[int, list[int]] = {}
    for row in rows:
        people.setdefault(int(crops.labels[row]), []).append(row)
    return list(people.values())
