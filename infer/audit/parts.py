"""Two people under one identity: photographs that fall into parts as far apart as strangers."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import ClusterNode, linkage, to_tree

from infer.audit.findings import Finding, Kind
from infer.audit.limits import Limits
from infer.audit.nearness import to_unit

FEWEST_OF_A_PART = 2  # photographs; one that does not fit is a wrong label
FEWEST_CERTAIN = 3  # photographs of either part
MOST_CLUSTERED = (
    1000  # photographs of a person; of more, an even choice, and the others go with the nearer part
)
MOST_BESIDE = 6  # photographs of the part shown beside each finding


def two_people_in_one(
    vectors: NDArray[np.float32],
    labels: NDArray[np.int64],
    judged: NDArray[np.bool_],
    names: list[str],
    of_people: Limits,
) -> list[Finding]:
    """The smaller parts of people whose photographs fall apart, as far as strangers are.

    The suggested identity is a new one, `NAME (2)` or the next number that is free.
    """
    found, taken = [], set(names)
    order = np.flatnonzero(judged)
    order = order[np.argsort(labels[order], kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        if len(rows) < 2 * FEWEST_OF_A_PART:
            continue
        for part, rest, similarity in _parts(vectors, rows, of_people.stranger):
            name = _free_name(names[labels[rows[0]]], taken)
            far = similarity < of_people.stranger - of_people.stranger_spread
            certain = far and min(len(part), len(rest)) >= FEWEST_CERTAIN
            beside = tuple(part[:MOST_BESIDE].tolist())
            found += [
                Finding(Kind.TWO_PEOPLE, row, name, similarity, certain=certain, beside=beside)
                for row in part.tolist()
            ]
    return found


def _parts(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], limit: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], float]]:
    """Parts of a person's photographs below `limit` from the rest; with the rest, and the similarity to it.

    The tree of average linkage is walked from its root along the larger branch; single photographs fall off.
    """
    drawn = rows[:: -(-len(rows) // MOST_CLUSTERED)]
    node: ClusterNode = to_tree(linkage(vectors[drawn].astype(np.float64), "average", "cosine"))
    while not node.is_leaf():
        larger, smaller = sorted((node.left, node.right), key=lambda branch: -branch.count)
        if smaller.count >= FEWEST_OF_A_PART:
            part, rest = (drawn[np.sort(branch.pre_order())] for branch in (smaller, larger))
            centroids = to_unit(np.stack([vectors[part].sum(axis=0), vectors[rest].sum(axis=0)]))
            similarity = float(centroids[0] @ centroids[1])
            if not similarity < limit:  # also where there are no strangers to know it from
                return
            if len(drawn) < len(rows):
                to_part, to_rest = centroids @ vectors[rows].T
                part, rest = rows[to_part > to_rest], rows[to_part <= to_rest]
            yield part, rest, similarity
            rows = rest
        node = larger


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    while (free := f"{name} ({number})") in taken:
        number += 1
    taken.add(free)
    return free
