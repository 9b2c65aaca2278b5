"""One person under two identities, and how near people are to themselves and to others."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infer.audit.findings import Finding, Kind
from infer.audit.limits import Limits, limits_of
from infer.audit.nearness import PRODUCTS, sums_of, to_unit

FEWEST_PEOPLE = 5  # fewer have no typical nearest stranger
FEWEST_TO_HALVE = 4  # photographs of a person whose halves tell how near one person is to itself
FEWEST_CERTAIN = 3  # photographs of either


@dataclass(frozen=True)
class SamePerson:
    """Two identities that match."""

    smaller: int
    larger: int  # by photographs; of equal ones the first
    similarity: float
    certain: bool


def person_limits(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], kept: NDArray[np.bool_], people: int
) -> Limits:
    """Of people to people: genuine are the halves of one person, strangers each person's nearest other."""
    sums, _ = sums_of(vectors, labels, kept, people)
    order = np.argsort(labels, kind="stable")
    order = order[kept[order]]
    starts = np.searchsorted(labels[order], labels[order])
    is_odd = np.zeros(len(vectors), np.bool_)
    is_odd[order] = (np.arange(len(order)) - starts) % 2 == 1
    odd, odd_counts = sums_of(vectors, labels, kept & is_odd, people)
    enough = odd_counts >= FEWEST_TO_HALVE // 2
    halves = (to_unit(odd) * to_unit(sums - odd)).sum(axis=1)[enough]
    nearest = np.full(people, np.nan)
    for start, products in _products(sums):
        best = products.max(axis=1)
        nearest[start : start + len(best)] = np.where(best > -1, best, np.nan)
    return limits_of(halves, nearest)


def one_person_in_two(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    judged: NDArray[np.bool_],
    people: int,
    of_people: Limits,
    of_photographs: Limits,
) -> list[SamePerson]:
    """Pairs of identities that match: their centroids, and most photographs of the smaller by themselves."""
    sums, counts = sums_of(vectors, labels, judged, people)
    if np.count_nonzero(counts) < FEWEST_PEOPLE:
        return []
    centroids, found = to_unit(sums), []
    for start, products in _products(sums):
        for first, second in np.argwhere(products >= of_people.clear).tolist():
            first += start
            if first >= second:
                continue
            smaller, larger = (first, second) if counts[first] < counts[second] else (second, first)
            similarities = vectors[judged & (labels == smaller)] @ centroids[larger]
            if np.median(similarities) >= of_photographs.clear:
                enough = min(counts[smaller], counts[larger]) >= FEWEST_CERTAIN
                value = float(products[first - start, second])
                certain = bool(enough and value >= max(of_people.clear, of_people.far))
                found.append(SamePerson(smaller, larger, value, certain))
    return sorted(found, key=lambda pair: (-pair.similarity, pair.smaller, pair.larger))


def one_person_findings(
    pairs: list[SamePerson], labels: NDArray[np.int64], judged: NDArray[np.bool_], names: list[str]
) -> list[Finding]:
    """The photographs of the smaller of each two identities, each once."""
    found: dict[int, Finding] = {}
    for pair in pairs:
        for row in np.flatnonzero(judged & (labels == pair.smaller)).tolist():
            found.setdefault(
                row,
                Finding(
                    Kind.ONE_PERSON, row, names[pair.larger], other=pair.similarity, certain=pair.certain
                ),
            )
    return list(found.values())


def _products(sums: NDArray[np.float64]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Similarities of people to all people, some rows at a time; -1 to themselves and to empty ones."""
    centroids = to_unit(sums)
    empty = np.asarray(~sums.any(axis=1))
    step = max(1, PRODUCTS // len(sums))
    for start in range(0, len(sums), step):
        products = centroids[start : start + step] @ centroids.T
        products[:, empty] = -1
        products[empty[start : start + step]] = -1
        products[np.arange(len(products)), start + np.arange(len(products))] = -1
        yield start, products
