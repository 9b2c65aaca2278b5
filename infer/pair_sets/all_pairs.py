"""Pairs made of labelled photographs: all of them, or a sample of each kind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError

MAX_ALL = 1_000_000  # pairs that are all compared; of more, some are drawn
DRAWN = 100_000  # of each kind, where nothing is asked for
SEED = 0

_SAME, _DIFFERENT, _SYNTHETIC = (category.code for category in PairCategory)


@dataclass(frozen=True)
class MadePairs:
    """P pairs of photographs, and how they came about.

    Attributes:
        members: (P, 2) int64, rows of the photographs, the smaller first; sorted.
        categories: (P,) int8 `PairCategory.code`.
        note: how many of how many, for people.
    """

    members: NDArray[np.int64]
    categories: NDArray[np.int8]
    note: str


def make_pairs(
    identity: NDArray[np.int64], synthetic: NDArray[np.bool_], per_kind: int | None, source: str
) -> MadePairs:
    """All pairs of N photographs, or so many of each kind, the same for the same photographs.

    All pairs are taken up to `MAX_ALL` of them, unless a number is asked for. A draw is without replacement:
    genuine pairs and pairs of two people among bona fide photographs; synthetic ones of a bona fide and a
    synthetic face of one person, which nothing but the forgery tells apart, or where there are none of any
    two with a synthetic face.

    Args:
        identity: (N,) whom each photograph shows.
        synthetic: (N,) whether it is synthetic.
        per_kind: pairs of each kind that are asked for; None for all.
        source: for messages.

    Raises UserError when nobody has two bona fide photographs: nothing says which pairs are genuine.
    """
    groups = [rows for rows in _by_person(identity, np.flatnonzero(~synthetic)) if len(rows) > 1]
    if not groups:
        raise UserError(
            f"nobody in {source} has two bona fide photographs, so that there are no genuine pairs; it needs "
            "a folder per person with several photographs, or a list of pairs"
        )
    count = len(identity)
    total = count * (count - 1) // 2
    if per_kind is None and total <= MAX_ALL:
        first, second = np.triu_indices(count, 1)
        members = np.stack([first, second], axis=1).astype(np.int64)
        note = f"all {total:,} pairs of {count:,} photographs"
    else:
        wanted = per_kind or DRAWN
        members = _draw(identity, synthetic, groups, wanted)
        note = f"{len(members):,} of the {total:,} pairs of {count:,} photographs, up to {wanted:,} of a kind"
    return MadePairs(members, _categories(identity, synthetic, members), note)


def _categories(
    identity: NDArray[np.int64], synthetic: NDArray[np.bool_], members: NDArray[np.int64]
) -> NDArray[np.int8]:
    first, second = members.T
    same = np.where(identity[first] == identity[second], _SAME, _DIFFERENT)
    return np.where(synthetic[first] | synthetic[second], _SYNTHETIC, same).astype(np.int8)


def _draw(
    identity: NDArray[np.int64],
    synthetic: NDArray[np.bool_],
    groups: list[NDArray[np.int64]],
    wanted: int,
) -> NDArray[np.int64]:
    rng = np.random.default_rng(SEED)
    bona_fide = np.flatnonzero(~synthetic)
    forged = _by_person(identity, np.flatnonzero(synthetic))
    own = {int(identity[rows[0]]): rows for rows in _by_person(identity, bona_fide)}
    crossed = [(own.get(int(identity[rows[0]]), rows[:0]), rows) for rows in forged]
    chosen = [
        _sample_blocks([_triangle(rows) for rows in groups], wanted, rng),
        _sample_blocks([_of_two_people(identity, bona_fide)], wanted, rng),
    ]
    if any(len(real) for real, _ in crossed):
        chosen.append(_sample_blocks([_rectangle(*rows) for rows in crossed], wanted, rng))
    elif forged:
        faces = np.flatnonzero(synthetic)
        chosen.append(_sample_blocks([_rectangle(bona_fide, faces), _triangle(faces)], wanted, rng))
    members = np.sort(np.concatenate(chosen), axis=1)
    return members[np.lexsort((members[:, 1], members[:, 0]))]


_Block = tuple[int, Callable[[NDArray[np.int64]], NDArray[np.int64]]]  # pairs in it; numbers to pairs (K, 2)


def _triangle(rows: NDArray[np.int64]) -> _Block:
    """The pairs within some rows, numbered from 0: (0, 1), (0, 2), (1, 2), (0, 3) …"""

    def pairs(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        second = ((1 + np.sqrt(8 * numbers.astype(np.float64) + 1)) // 2).astype(np.int64)
        second -= second * (second - 1) // 2 > numbers  # the root may be rounded to either side
        second += (second + 1) * second // 2 <= numbers
        return np.stack([rows[numbers - second * (second - 1) // 2], rows[second]], axis=1)

    return len(rows) * (len(rows) - 1) // 2, pairs


def _rectangle(first: NDArray[np.int64], second: NDArray[np.int64]) -> _Block:
    """The pairs of a row of the first and one of the second."""

    def pairs(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        one, two = np.divmod(numbers, max(len(second), 1))
        return np.stack([first[one], second[two]], axis=1)

    return len(first) * len(second), pairs


def _of_two_people(identity: NDArray[np.int64], rows: NDArray[np.int64]) -> _Block:
    """The pairs of rows that show two people: each row with all those of people who come later."""
    ordered = rows[np.argsort(identity[rows], kind="stable")]
    ends = np.searchsorted(identity[ordered], identity[ordered], side="right")
    until = np.cumsum(len(ordered) - ends)

    def pairs(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        first = np.searchsorted(until, numbers, side="right")
        left = until[first] - numbers  # 1 for the last one of a row
        return np.stack([ordered[first], ordered[len(ordered) - left]], axis=1)

    return int(until[-1]), pairs


def _sample_blocks(blocks: list[_Block], wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Up to so many distinct pairs of all blocks together, each as likely."""
    ends = np.cumsum([count for count, _ in blocks])
    numbers = np.sort(_numbers(int(ends[-1]), wanted, rng))
    which = np.searchsorted(ends, numbers, side="right")
    found = [np.empty((0, 2), np.int64)]
    for block in np.unique(which).tolist():
        count, pairs = blocks[block]
        found.append(pairs(numbers[which == block] - (ends[block] - count)))
    return np.concatenate(found)


def _numbers(count: int, wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Distinct numbers below a count, in random order."""
    return rng.choice(count, min(count, wanted), replace=False).astype(np.int64)


def _by_person(identity: NDArray[np.int64], rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The rows of each person among them."""
    if not len(rows):
        return []
    ordered = rows[np.argsort(identity[rows], kind="stable")]
    _, starts = np.unique(identity[ordered], return_index=True)
    return np.split(ordered, starts[1:])
