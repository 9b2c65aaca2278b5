"""One person under two identities; similarity limits of people to people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from infer.audit.findings import Finding, Kind
from infer.audit.limits import Limits, limits_of
from infer.audit.nearness import nearest_other, products_with_others, sums_of, to_unit

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
    """Limits of people to people: of the halves of one person, and of each person to the nearest other."""
    sums, counts = sums_of(vectors, labels, kept, people)
    order = np.argsort(labels, kind="stable")
    order = order[kept[order]]
    starts = np.searchsorted(labels[order], labels[order])
    is_odd = np.zeros(len(vectors), np.bool_)
    is_odd[order] = (np.arange(len(order)) - starts) % 2 == 1
    odd, odd_counts = sums_of(vectors, labels, kept & is_odd, people)
    enough = odd_counts >= FEWEST_TO_HALVE // 2
    halves = (to_unit(odd) * to_unit(sums - odd)).sum(axis=1)[enough]
    centroids = to_unit(sums)
    nearest, _ = nearest_other(centroids, centroids, np.arange(people), counts > 0)
    return limits_of(halves, nearest[counts > 0])


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
    for start, products in products_with_others(centroids, centroids, np.arange(people), counts > 0):
        for first, second in np.argwhere(products >= of_people.clear).tolist():
            first += start
            if first >= second or not counts[first]:
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
