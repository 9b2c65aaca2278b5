"""Bona fide and synthetic faces in pairs that are alike in a measure, so that it cannot tell them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from scipy.stats import rankdata

from common.metrics.classification import checked_labels

REACH = 0.05  # the most that two matched faces may be apart, in ranks of all faces as 0 to 1
SPREAD = REACH / 10  # of equal measures
NEIGHBOURS = 16  # that a face asks at a time


def sharpness_matched(
    labels: ArrayLike, sharpness: ArrayLike, score: ArrayLike | None = None
) -> NDArray[np.intp]:
    """(M, 2) rows of a bona fide and a synthetic face each, alike in sharpness, and in detection score.

    No face is in two pairs, the nearest ones are paired first, and none that are apart by more than a
    twentieth of all faces. An AUC over these rows is that of a classifier that cannot rest on sharpness; M
    says how much of the data it stands for, and is 0 where the classes do not overlap, or where fewer than 20
    faces lie too far apart. Measures count by their ranks, so that their scale does not matter; of equal ones
    chance decides, with a fixed seed. The same faces in the same order give the same pairs.

    Args:
        labels: (N,) booleans or 0/1; true for synthetic faces.
        sharpness, score: (N,) each; faces where one of them is not finite are in no pair.

    Raises ValueError for measures of another length, and labels other than 0 and 1.
    """
    synthetic = checked_labels(labels)
    measures = np.stack(
        [np.asarray(one, np.float64) for one in (sharpness, score) if one is not None], axis=1
    )
    if measures.shape[0] != len(synthetic):
        raise ValueError(f"{measures.shape[0]} measures must be one for each of {len(synthetic)} faces")
    known = np.flatnonzero(np.isfinite(measures).all(axis=1))
    places = rankdata(measures[known], axis=0) / max(len(known), 1)
    # without it faces that are all alike would ask the same neighbours over and over
    places += np.random.default_rng(0).uniform(0, SPREAD, places.shape)
    of_class = synthetic[known]
    free = [np.flatnonzero(of_class == label) for label in (False, True)]
    pairs: list[tuple[int, int]] = []
    while len(free[0]) and len(free[1]):
        found = _pair_nearest(places, free[0], free[1])
        if not found:
            break
        pairs += found
        taken = np.array(found)
        free = [np.setdiff1d(rows, taken[:, side]) for side, rows in enumerate(free)]
    return known[np.array(pairs, np.intp).reshape(-1, 2)]


def _pair_nearest(
    places: NDArray[np.float64], bona_fide: NDArray[np.intp], synthetic: NDArray[np.intp]
) -> list[tuple[int, int]]:
    """Pairs of the free rows, the nearest first, each among the nearest of its synthetic face."""
    tree = cKDTree(places[bona_fide])
    count = min(NEIGHBOURS, len(bona_fide))
    apart, near = tree.query(places[synthetic], k=np.arange(1, count + 1), distance_upper_bound=REACH)
    asked, choice = np.nonzero(np.isfinite(apart))
    order = np.argsort(apart[asked, choice], kind="stable")
    partners = bona_fide[near[asked, choice]][order].tolist()
    taken: set[int] = set()
    pairs = []
    for row, partner in zip(synthetic[asked][order].tolist(), partners, strict=True):
        if row not in taken and partner not in taken:
            taken |= {row, partner}
            pairs.append((partner, row))
    return pairs
