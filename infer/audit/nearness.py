"""Similarity of each photograph to its own person's centroid, and to the nearest other one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRODUCTS = 2**24  # similarities in memory at one time


@dataclass(frozen=True)
class Nearness:
    """Similarities of N photographs to centroids of people.

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
    """Each photograph against the centroids of the `kept` ones, itself left out of its person's.

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
    other, nearest = nearest_other(vectors, centroids, labels, counts > 0)
    return Nearness(own, other, nearest, counts)


def nearest_other(
    vectors: NDArray[Any], centroids: NDArray[Any], own: NDArray[np.int64], known: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(N,) similarities to the nearest centroid but one's own, NaN where there is none, and its places."""
    best, nearest = np.full(len(vectors), np.nan), np.zeros(len(vectors), np.int64)
    for start, products in products_with_others(vectors, centroids, own, known):
        rows = slice(start, start + len(products))
        nearest[rows], highest = products.argmax(axis=1), products.max(axis=1)
        best[rows] = np.where(np.isfinite(highest), highest, np.nan)
    return best, nearest


def products_with_others(
    vectors: NDArray[Any], centroids: NDArray[Any], own: NDArray[np.int64], known: NDArray[np.bool_]
) -> Iterator[tuple[int, NDArray[Any]]]:
    """The first row of a block of vectors, and (B, P) its similarities to all centroids, block by block.

    Args:
        vectors: (N, D) of unit length.
        centroids: (P, D) of people.
        own: (N,) whose similarity is -inf, as that to centroids that are not `known` is.
        known: (P,) people with a photograph.
    """
    step = max(1, PRODUCTS // len(centroids))
    for start in range(0, len(vectors), step):
        products = vectors[start : start + step] @ centroids.T
        products[:, ~known] = -np.inf
        products[np.arange(len(products)), own[start : start + step]] = -np.inf
        yield start, products


def sums_of(
    vectors: NDArray[np.float32], labels: NDArray[np.int64], kept: NDArray[np.bool_], people: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(P, D) the sum of each person's kept embeddings, and (P,) their number."""
    sums = np.zeros((people, vectors.shape[1]))
    np.add.at(sums, labels[kept], vectors[kept])
    return sums, np.bincount(labels[kept], minlength=people)


def to_unit(sums: NDArray[np.floating]) -> NDArray[np.float64]:
    """(P, D) rows scaled to unit length; rows of zeros stay."""
    wide = sums.astype(np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9))
