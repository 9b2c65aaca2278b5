"""Pairs ranked by hardness within their category, and the crops of some."""

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.formats.pair_list import UNLABELLED
from infer.embeddings import few_crops
from infer.models.model import FaceModel
from infer.pair_sets.pair_set import PairSet

PER_CATEGORY = 12

Ranking = dict[PairCategory | None, NDArray[np.int64]]


def rank_pairs(categories: NDArray[np.int8], similarity: NDArray[np.float64]) -> Ranking:
    """The compared pairs of each category, the hardest first; those without a label are the last category.

    Hard is a low similarity for genuine pairs and a high one for all others, at whatever threshold; of equal
    ones the first comes first. Pairs without two faces have nothing to show and are left out.

    Args:
        categories: (P,) `PairCategory.code` or `UNLABELLED`.
        similarity: (P,) in [-1, 1] or NaN.
    """
    ranking: Ranking = {}
    for category in (*PairCategory, None):
        rows = np.flatnonzero(
            (categories == (category.code if category else UNLABELLED)) & ~np.isnan(similarity)
        )
        scores = similarity[rows] if category and category.is_genuine else -similarity[rows]
        ranking[category] = rows[np.argsort(scores, kind="stable")]
    return ranking


def hardest_pairs(ranking: Ranking, per_category: int = PER_CATEGORY) -> NDArray[np.int64]:
    """(K,) rows of the hardest pairs of each category, at most so many of each."""
    return np.concatenate([rows[:per_category] for rows in ranking.values()])


def crops_of(pair_set: PairSet, rows: NDArray[np.int64], model: FaceModel) -> NDArray[np.uint8]:
    """The crops of some pairs as the model sees them, (K, 2, S, S, 3) uint8 RGB; black without a face.

    Just their photographs are aligned again, each once, in this process: meant for dozens of pairs, not for
    thousands.
    """
    images, places = np.unique(pair_set.members[rows], return_inverse=True)
    shown = [pair_set.images[image] for image in images]
    crops = few_crops(shown, model, pair_set.aligned)
    return crops[places.reshape(-1, 2)]
