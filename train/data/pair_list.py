"""Pair lists over a data set: the rows of each listed pair, and whom the lists join into one person."""

import hashlib
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from common.formats.labels.join import join_labels
from common.formats.labels.nearest import nearest
from common.formats.pair_category import PairCategory
from common.formats.pair_list import (
    NOT_SAID,
    PairList,
    pair_categories,
    read_pair_list,
    refuse_contradictions,
)
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.validation_pairs import ValidationPairs

MOST_DROPPED = 0.5  # of the pairs of a list, unless it is allowed that more have no crops


@dataclass(frozen=True)
class ListedPairs:
    """The P pairs of a list whose photographs are both among the crops, in the order of the list."""

    source: Path
    rows: NDArray[np.int64]  # (P, 2) of the data set
    categories: NDArray[np.int8]  # (P,) `PairCategory.code`
    same_person: NDArray[np.bool_]  # (P,) the label, which also a pair with a synthetic face has
    synthetic: NDArray[np.int8]  # (P, 2) the list's own flags: 1, 0 or `NOT_SAID`
    lines: NDArray[np.int64]  # (P,) of the list
    dropped: int  # pairs with a photograph that is not among the crops
    contradictions: int  # crops whose flag in the list is not that in the shards
    notes: tuple[str, ...] = ()  # what was made of the list that people should know

    def without(self, rows: NDArray[np.int64]) -> "ListedPairs":
        """The pairs that have none of these rows of the data set."""
        return self._at(np.flatnonzero(~np.isin(self.rows, rows).any(axis=1)))

    def _at(self, kept: NDArray[np.intp]) -> "ListedPairs":
        columns = ("rows", "categories", "same_person", "synthetic", "lines")
        return replace(self, **{name: getattr(self, name)[kept] for name in columns})


def resolve_pair_list(
    dataset: CropDataset, path: Path, columns: str | None = None, allow_missing: bool = False
) -> ListedPairs:
    """Read a pair list, as `pair_list.read_pair_list` does, and find its photographs among the crops.

    A listed path means the crop of that path below the root that was aligned, or else the crop whose path is
    the longest end of it, so `datasets/raw_images/anna/0.jpg` finds `anna/0.jpg`; backslashes separate as
    slashes do. What is not found so means the one crop that `join_labels` finds for it. Of several crops of a
    photograph the first is meant. Pairs with a photograph that has no crop, because no face was found or it
    lies elsewhere, are dropped and counted.

    A flag in the list decides what a pair shows even where the shards have another; such crops are counted.
    Where the list says nothing of a photograph, the flag in the shards holds.

    Args:
        dataset: the crops.
        path: of the list.
        columns: `--columns`, what it calls them.
        allow_missing: whether most of the pairs may have no crops.

    Raises UserError as `read_pair_list`, when the list has no labels or contradicts itself, and when no pair
    is found, or too few of them, or one whose photographs are one crop.
    """
    listed = read_pair_list(path, columns)
    if not listed.has_labels:
        raise UserError(f"{path} has no labels; training takes a column that says who is one person")
    rows, notes = _rows(dataset, listed)
    refuse_contradictions(listed, rows, flags=False)
    kept = np.flatnonzero((rows >= 0).all(axis=1))
    said = listed.synthetic
    known = dataset.synthetic[rows]
    differs = (rows >= 0) & (said != NOT_SAID) & ((said == 1) != known)
    pairs = ListedPairs(
        path,
        rows,
        pair_categories(listed.same_person, np.where(said == NOT_SAID, known, said == 1)),
        listed.same_person,
        said,
        listed.lines,
        dropped=len(listed) - len(kept),
        contradictions=len(np.unique(rows[differs])),
        notes=(*listed.notes, *notes),
    )._at(kept)
    if pairs.dropped > MOST_DROPPED * len(listed) and not allow_missing:
        raise _too_few(dataset, listed, rows)
    twice = np.flatnonzero(pairs.rows[:, 0] == pairs.rows[:, 1])
    if len(twice):
        raise UserError(f"{path}, line {pairs.lines[twice[0]]}: both paths mean one photograph; remove it")
    return pairs


def listed_validation_pairs(dataset: CropDataset, listed: ListedPairs) -> ValidationPairs:
    """The listed pairs to validate on.

    Their fingerprint depends on paths and categories alone, not on the order of the list or in a pair.
    Raises UserError without a genuine or without an impostor pair: no error rate could be measured.
    """
    genuine = int((listed.categories == PairCategory.SAME_PERSON.code).sum())
    if genuine in (0, len(listed.categories)):
        raise UserError(
            f"{listed.source}: of its pairs that are among the crops {genuine} are genuine and "
            f"{len(listed.categories) - genuine} are not; validation needs both"
        )
    paths = dataset.paths()
    names = sorted(
        "\0".join([*sorted((paths[a], paths[b])), str(category)])
        for (a, b), category in zip(listed.rows.tolist(), listed.categories.tolist(), strict=True)
    )
    fingerprint = hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]
    return ValidationPairs(listed.rows, listed.categories, fingerprint)


def listed_identities(dataset: CropDataset, lists: Sequence[ListedPairs]) -> NDArray[np.int64]:
    """Whom each crop shows, (N,), 0 to the number of people - 1, by the shards and by the lists together.

    Identities of the shards that a pair with label 1 brings together are one person, and so are those that a
    chain of such pairs does. Layouts without people thus get them; without such a pair the identities stay
    those of the shards. People are in the order of the first of their identities in
    `dataset.identity_names`. With the lists for training and for validation both given, nobody is two people.

    Raises UserError when a list calls two bona fide photographs of one person different people.
    """
    count = len(dataset.identity_names)
    linked = [dataset.identities[listed.rows[listed.same_person]] for listed in lists]
    joined = np.concatenate([np.empty((0, 2), np.int64), *linked])
    links = coo_array((np.ones(len(joined), np.bool_), (joined[:, 0], joined[:, 1])), shape=(count, count))
    person = connected_components(links, directed=False)[1]  # numbered by their first identities
    people: NDArray[np.int64] = person[dataset.identities].astype(np.int64)
    for listed in lists:
        different = listed.categories == PairCategory.DIFFERENT_PERSON.code
        first, second = people[listed.rows].T
        wrong = listed.lines[different & (first == second)]
        if len(wrong):
            more = f", nor have {len(wrong) - 1} other pairs" if len(wrong) > 1 else ""
            raise UserError(
                f"{listed.source}, line {wrong[0]}: by the crops' identities or by pairs with label 1 both "
                f"show one person, so they cannot have label 0{more}; mend the labels"
            )
    return people


def listed_synthetic(dataset: CropDataset, lists: Sequence[ListedPairs]) -> NDArray[np.bool_]:
    """Which crops are synthetic, (N,): by what a line of the lists says of it, else by the shards."""
    synthetic = dataset.synthetic.copy()
    for flag in (0, 1):  # of lines that contradict each other, the one that says synthetic holds
        for listed in lists:
            synthetic[listed.rows[listed.synthetic == flag]] = bool(flag)
    return synthetic


def refuse_same_pairs(training: ListedPairs, validation: ListedPairs) -> None:
    """Raises UserError when both lists have the same pairs, in whatever order: such errors mean nothing."""
    first, second = (np.unique(np.sort(listed.rows, axis=1), axis=0) for listed in (training, validation))
    if np.array_equal(first, second):
        raise UserError(
            f"{training.source} and {validation.source} list the same pairs; "
            "name another list for one of them, of other people"
        )


def _rows(dataset: CropDataset, listed: PairList) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The row of each listed photograph, (P, 2), -1 for one that is not among the crops; and what to tell."""
    paths = dataset.paths()
    row_of = {path: row for row, path in reversed(list(enumerate(paths)))}
    depth = max(path.count("/") for path in row_of) + 1
    found = {text: _row(text, row_of, depth) for text in dict.fromkeys([*listed.first, *listed.second])}
    notes = _find_lenient(found, row_of, listed.source)
    rows = np.array(
        [[found[text] for text in column] for column in (listed.first, listed.second)], np.int64
    ).T
    if not (rows >= 0).all(axis=1).any():
        raise UserError(
            f"{listed.source}: no pair has both photographs among the crops; it lists '{listed.first[0]}' "
            f"where a crop is of '{paths[0]}'; name a list of the photographs that were aligned"
        )
    return rows, notes


def _find_lenient(found: dict[str, int], row_of: dict[str, int], source: Path) -> tuple[str, ...]:
    """Give the photographs without a row the one that `join_labels` finds for them; what to tell of it."""
    lost = [text for text, row in found.items() if row < 0]
    if not lost:
        return ()
    join = join_labels(list(found), list(row_of))
    meant = {text: join.path_of[text] for text in lost if text in join.path_of}
    found.update({text: row_of[path] for text, path in meant.items()})
    if not meant:
        return ()
    text, path = next(iter(meant.items()))
    how = ", ".join(str(rule) for rule in join.rules)
    return (
        f"{source}: {len(meant):,} photographs that no crop is called after were found by {how}: '{text}' is "
        f"'{path}'",
    )


def _too_few(dataset: CropDataset, listed: PairList, rows: NDArray[np.int64]) -> UserError:
    lost = rows < 0
    at = int(np.flatnonzero(lost.any(axis=1))[0])
    text = listed.first[at] if lost[at, 0] else listed.second[at]
    close = nearest(text, set(dataset.paths()))
    return UserError(
        f"{listed.source}: {int(lost.any(axis=1).sum()):,} of {len(listed):,} pairs have a photograph that "
        f"is not among the crops, the first is '{text}'"
        + (f", the nearest crop '{close}'" if close else "")
        + "; name a list of the photographs that were aligned, or go on without them with --allow-missing"
    )


def _row(text: str, row_of: dict[str, int], depth: int) -> int:
    """The row of the crop that a path means, -1 without one; no crop's path has more than `depth` parts."""
    if text in row_of:
        return row_of[text]
    parts = posixpath.normpath(text.replace("\\", "/")).split("/")
    ends = ("/".join(parts[start:]) for start in range(max(0, len(parts) - depth), len(parts)))
    return next((row_of[end] for end in ends if end in row_of), -1)
