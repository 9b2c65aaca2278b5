"""The pairs that are worth a look: of each category those that a model finds hardest."""

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.formats.pair_list import UNLABELLED
from infer.embeddings import aligned_images
from infer.models.model import Model
from infer.pair_sets.pair_set import PairSet

PER_CATEGORY = 12


def choose_hard_pairs(
    categories: NDArray[np.int8], similarity: NDArray[np.float64], per_category: int = PER_CATEGORY
) -> NDArray[np.int64]:
    """The hardest pairs of each category, unlabelled ones last; within a category the hardest first.

    Hard is a low similarity for genuine pairs and a high one for all others, at whatever threshold. Of equal
    ones the first is taken. Pairs without two faces (NaN) have nothing to show and are left out.

    Args:
        categories: (P,) `PairCategory.code` or `UNLABELLED`.
        similarity: (P,) in [-1, 1] or NaN.
        per_category: at most so many of each.

    Returns (K,) int64 rows.
    """
    chosen = []
    for code in (*(category.code for category in PairCategory), UNLABELLED):
        rows = np.flatnonzero((categories == code) & ~np.isnan(similarity))
        badness = similarity[rows] if code == PairCategory.SAME_PERSON.code else -similarity[rows]
        chosen.append(rows[_smallest(badness, per_category)])
    return np.concatenate(chosen).astype(np.int64)


def _smallest(values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Positions of the smallest values in order, the earlier of equal ones first; linear in their number."""
    if len(values) > count:
        candidates = np.flatnonzero(values <= np.partition(values, count)[count])
    else:
        candidates = np.arange(len(values))
    return candidates[np.argsort(values[candidates], kind="stable")[:count]]


def crops_of(pair_set: PairSet, rows: NDArray[np.int64], model: Model) -> NDArray[np.uint8]:
    """The crops of some pairs as the model sees them, (K, 2, S, S, 3) uint8 RGB; black without a face.

    Just their photographs are aligned again, each once, in this process: meant for dozens of pairs, not for
    thousands.
    """
    images, places = np.unique(pair_set.members[rows], return_inverse=True)
    shown = [pair_set.images[image] for image in images]
    crops = np.zeros((len(images), model.size, model.size, 3), np.uint8)
    for found, _ in aligned_images(shown, model, pair_set.aligned, 1, lambda done, total: None):
        for row, crop in found.items():
            crops[row] = crop
    return crops[places.reshape(-1, 2)]
