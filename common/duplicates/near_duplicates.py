"""Groups of crops that are one picture: equal to the last pixel, or one photograph saved twice.

The same picture under two names makes a wrong label, or a validation that has seen its answer; see
`common.duplicates.same_picture` for what counts as one.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from common.duplicates.same_picture import DESCRIPTOR_SIDE, are_same_picture, picture_descriptor

CANDIDATE = 0.8  # product of two descriptors from which a pair is looked at
ALL_TO_ALL = 2000  # rows that are compared each with each
PIVOTS_PER_ROOT = 4  # times the root of the number of rows
CELLS = 4  # that a row lies in; 99 % of photographs made anew share one with the original
BLOCK = 1024  # rows of a matrix product
STRONG = 0.95  # product of two descriptors from which a pair is always put to the proof
MOST_REFUTED = 8  # proofs against a row, after which weaker ones are left: look-alikes would take hours

Image = Callable[[int], NDArray[np.uint8]]
Progress = Callable[[int, int], None]


class DuplicateKind(StrEnum):
    """How alike the crops of a group are."""

    EXACT = "exact"  # all pixels are equal
    NEAR = "near"  # one photograph, saved, resized, lit or aligned anew


@dataclass(frozen=True)
class DuplicateGroup:
    """Crops that are one picture: each is that of another in the group. A row is in one group at most."""

    rows: tuple[int, ...]  # two or more, ascending
    kind: DuplicateKind
    first_equal: tuple[int, ...] = field(default=(), compare=False)  # of each row: the first with its pixels


def find_duplicates(
    count: int,
    image: Image,
    progress: Progress = lambda done, total: None,
    near: NDArray[np.bool_] | None = None,
) -> list[DuplicateGroup]:
    """The groups of equal and nearly equal crops, in the order of their first rows.

    A forgery that changes little of its photograph is near it, too. Mirrored copies, and pictures without
    detail (blank ones, faces of a few pixels) unless they are equal, are not found. The same crops in the
    same order give the same groups. About 600 bytes a crop are held in memory; crops are read one at a time,
    in order, and again where a pair is to be proved. The time grows as `count` to the power of 1.5.

    Args:
        count: of crops.
        image: the crop of a row, (S, S, 3) uint8 RGB.
        progress: is called with crops read and `count`.
        near: (count,) the rows that nearly equal ones are looked for among; None for all.
    """
    descriptors = np.zeros((count, DESCRIPTOR_SIDE**2), np.float16)
    first_of: dict[bytes, int] = {}
    groups = _Groups(count)
    for row in range(count):
        crop = image(row)
        first = first_of.setdefault(_digest(crop), row)
        if first == row and (near is None or near[row]):
            descriptors[row] = picture_descriptor(crop)
        groups.join(first, row)
        progress(row + 1, count)
    distinct = np.array([row for row in first_of.values() if descriptors[row].any()], np.int64)
    equal = groups.roots()
    _join_near(distinct, descriptors, image, groups)
    return _named(groups.roots(), equal)


def _digest(crop: NDArray[np.uint8]) -> bytes:
    return hashlib.blake2b(f"{crop.shape}".encode() + crop.tobytes(), digest_size=16).digest()


class _Groups:
    """A disjoint-set forest of rows; the root of a set is its first row."""

    def __init__(self, count: int) -> None:
        self._parent = np.arange(count)

    def root(self, row: int) -> int:
        while (parent := int(self._parent[row])) != row:
            self._parent[row] = self._parent[parent]  # shortens the way of the next
            row = parent
        return row

    def join(self, first: int, second: int) -> None:
        low, high = sorted((self.root(first), self.root(second)))
        self._parent[high] = low

    def roots(self) -> NDArray[np.int64]:
        """(N,) the first row of the group of each."""
        return np.array([self.root(row) for row in range(len(self._parent))], np.int64)


def _join_near(
    rows: NDArray[np.int64], descriptors: NDArray[np.float16], image: Image, groups: _Groups
) -> None:
    """Join the groups of those `rows` that are proved to be one picture."""
    refuted: set[tuple[int, int]] = set()
    failures: dict[int, int] = defaultdict(int)
    for cell in _cells(rows, descriptors):
        for first, second, product in _candidates(cell, descriptors):
            if groups.root(first) == groups.root(second) or (first, second) in refuted:
                continue
            if product < STRONG and max(failures[first], failures[second]) >= MOST_REFUTED:
                continue
            if are_same_picture(image(first), image(second)):
                groups.join(first, second)
            else:
                refuted.add((first, second))
                failures[first] += 1
                failures[second] += 1


def _cells(rows: NDArray[np.int64], descriptors: NDArray[np.float16]) -> Iterator[NDArray[np.int64]]:
    """Overlapping cells of similar rows, each ascending; near duplicates share one.

    Each row goes to the cells of the pivots nearest to it; the pivots are rows themselves.
    """
    if len(rows) <= ALL_TO_ALL:
        yield rows
        return
    count = int(PIVOTS_PER_ROOT * len(rows) ** 0.5)
    pivots = np.unique(np.linspace(0, len(rows) - 1, count).astype(np.int64))
    towards = descriptors[rows[pivots]].astype(np.float32).T
    nearest = np.empty((len(rows), CELLS), np.int64)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        products = descriptors[block].astype(np.float32) @ towards
        nearest[start : start + BLOCK] = np.argpartition(-products, CELLS, axis=1)[:, :CELLS]
    order = np.argsort(nearest, axis=None, kind="stable")
    ends = np.cumsum(np.bincount(nearest.ravel(), minlength=len(pivots)))
    for members in np.split(order // CELLS, ends[:-1]):
        yield rows[members]


def _candidates(
    rows: NDArray[np.int64], descriptors: NDArray[np.float16]
) -> Iterator[tuple[int, int, float]]:
    """Pairs of a cell whose descriptors are alike, the lower row first, and their product.

    Of a block of rows the likest come first.
    """
    vectors = descriptors[rows].astype(np.float32)
    for start in range(0, len(rows), BLOCK):
        products = vectors[start : start + BLOCK] @ vectors[start:].T
        first, second = np.nonzero(np.triu(products, 1) >= CANDIDATE)
        order = np.argsort(-products[first, second], kind="stable")
        for place in order.tolist():
            low, high = int(first[place]), int(second[place])
            yield int(rows[start + low]), int(rows[start + high]), float(products[low, high])


def _named(roots: NDArray[np.int64], equal: NDArray[np.int64]) -> list[DuplicateGroup]:
    """Groups of the rows of one root; `equal` are the roots by pixels alone."""
    members: dict[int, list[int]] = defaultdict(list)
    for row, root in enumerate(roots.tolist()):
        members[root].append(row)
    groups = []
    for rows in members.values():
        if len(rows) > 1:
            first_equal = tuple(equal[rows].tolist())
            kind = DuplicateKind.EXACT if len(set(first_equal)) == 1 else DuplicateKind.NEAR
            groups.append(DuplicateGroup(tuple(rows), kind, first_equal))
    return groups
