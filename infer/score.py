"""Similarity and verdict of each pair."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from infer.embed import Embeddings

NO_FACE_SIMILARITY = -1.0  # the lowest cosine, in files; in error rates a little less, below any threshold
CHUNK = 65_536  # pairs at one time


class Verdict(StrEnum):
    """What a pair is taken for; the value is the one in files."""

    MATCH = "match"  # both bona fide, one person: similarity >= threshold
    NO_MATCH = "no_match"
    NO_FACE = "no_face"  # in one of the photographs no face was found, or it could not be read


def similarities(members: NDArray[np.int64], embeddings: Embeddings) -> NDArray[np.float64]:
    """The cosine similarity of pairs, (P,) in [-1, 1]; NaN for those without two faces.

    `members` is (P, 2), rows of the embeddings.
    """
    found = np.empty(len(members), np.float64)
    for start in range(0, len(members), CHUNK):
        first, second = members[start : start + CHUNK].T
        found[start : start + CHUNK] = cosines(embeddings.vectors[first], embeddings.vectors[second])
    faces = embeddings.has_face[members].all(axis=1)
    return np.where(faces, found, np.nan)


def cosines(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """The cosine similarity of each row of `first` and the row of `second`, (P, D) of unit length, to (P,).

    In [-1, 1], and the same bits whatever other rows there are.
    """
    products = np.einsum("pd,pd->p", first.astype(np.float64), second.astype(np.float64))
    return products.clip(-1, 1)


def ranks(similarity: NDArray[np.float64]) -> NDArray[np.float64]:
    """The similarities for error rates: a pair without two faces is below every threshold."""
    return np.where(np.isnan(similarity), np.nextafter(NO_FACE_SIMILARITY, -np.inf), similarity)


def verdicts(similarity: NDArray[np.float64], threshold: float) -> list[Verdict]:
    """The verdict on each pair: accept similarity >= threshold."""
    kinds = (Verdict.NO_MATCH, Verdict.MATCH, Verdict.NO_FACE)
    codes = np.where(np.isnan(similarity), 2, (similarity >= threshold).astype(np.intp))
    return [kinds[code] for code in codes]
