"""How near each photograph is to its own person, and to the nearest other one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PRODUCTS = 2**24  # similarities in memory at one time


@dataclass(frozen=True)
class Nearness:
    """Of N photographs.

    Attributes:
        own: (N,) similarity to the centroid of its person's other photographs; NaN where there are none.
        other: (N,) similarity to the nearest other person's centroid; NaN where there is nobody.
        nearest: (N,) int64, who that is.
        counts: (P,) photographs that a centroid was made of.
    """

    own: NDArray[np.float64]
    other: NDArray[np.float64]
    nearest: NDArray[np.int64]
    counts: NDArray[np.int64]

    @property
    def is_nearer_to_another(self) -> NDArray[np.bool_]:
        """(N,) false where either is not known."""
        return self.other > self.own


def nearness(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], kept: NDArray[np.bool_], people: int
) -> Nearness:
    """Compare each photograph with the centroids of the `kept` ones, its own left out of its person's.

    Args:
        vectors: (N, D) of unit length.
        labels: (N,) people, from 0.
        kept: (N,) which make the centroids.
        people: how many labels there are.
    """
    sums, counts = sums_of(vectors, labels, kept, people)
    others = sums[labels] - vectors * kept[:, None]
    lengths = np.linalg.norm(others, axis=1)
    alone = counts[labels] - kept == 0
    own = np.where(alone, np.nan, (others * vectors).sum(axis=1) / np.maximum(lengths, 1e-9))
    centroids = to_unit(sums).astype(np.float32)
    other, nearest = np.full(len(vectors), np.nan), np.zeros(len(vectors), np.int64)
    step = max(1, PRODUCTS // people)
    for start in range(0, len(vectors), step):
        rows = slice(start, start + step)
        products = vectors[rows] @ centroids.T
        products[:, counts == 0] = -np.inf
        products[np.arange(len(products)), labels[rows]] = -np.inf
        nearest[rows] = products.argmax(axis=1)
        best = products.max(axis=1)
        other[rows] = np.where(np.isfinite(best), best, np.nan)
    return Nearness(own, other, nearest, counts)


def sums_of(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], kept: NDArray[np.bool_], people: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(P, D) the sum of each person's kept embeddings, and (P,) their number."""
    sums = np.zeros((people, vectors.shape[1]))
    np.add.at(sums, labels[kept], vectors[kept])
    return sums, np.bincount(labels[kept], minlength=people)


def to_unit(sums: NDArray[np.floating]) -> NDArray[np.float64]:
    """(P, D) of unit length; zeros stay."""
    wide = sums.astype(np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9))
