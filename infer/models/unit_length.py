"""Normalisation of vectors to unit length."""

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-2


def to_unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., D) divided by its lengths along the last axis; NaN for zeros, which have no direction.

    Not finite where a vector is not.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
        return scaled


def are_of_unit_length(vectors: NDArray[np.float32]) -> bool:
    """Whether all rows of (N, D) have length 1 to a hundredth; false for numbers that are not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        return bool((np.abs(np.linalg.norm(vectors, axis=-1) - 1) <= TOLERANCE).all())
