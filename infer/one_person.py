"""Several embeddings of one person as one, and how many people embeddings are of."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from common.models.fused.fusion import Fusion


def mean_of(embeddings: NDArray[np.float32], fusion: Fusion | None = None) -> NDArray[np.float32]:
    """The mean (D,) of embeddings (N, D), of unit length; `fusion` is that of a fused encoder."""
    if fusion is not None:
        return fusion.mean(embeddings)
    mean = embeddings.mean(axis=0)
    unit: NDArray[np.float32] = mean / np.float32(max(float(np.linalg.norm(mean)), 1e-6))
    return unit


def count_people(means: NDArray[np.float32], sizes: Sequence[int], threshold: float) -> int:
    """How many people pieces of a video show, by the mean embedding (N, D) of each and its sightings.

    Those whose similarity is at or above the threshold for two photographs are one's.
    """
    known: list[NDArray[np.float32]] = []
    for index in np.argsort(-np.array(sizes, np.int64), kind="stable").tolist():
        if not known or (np.stack(known) @ means[index]).max() < threshold:
            known.append(means[index])
    return len(known)
