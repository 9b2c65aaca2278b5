"""Whose photograph a face is put into: somebody else's, who holds the head alike."""

import numpy as np
from numpy.typing import NDArray

CANDIDATES = 24  # more are more alike, and sooner always the same


class Partners:
    """Finds crops of other people with near landmarks.

    A swap between a profile and a frontal face is seen at once; faces with near landmarks fit. The same is
    done in Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020.

    Args:
        landmarks: (N, 5, 2) in pixels of the crops; NaN where a crop has none.
        identities: (N,) of the people on the crops.
        rows: (M,) of the N that may be partners; the others never are. Those without landmarks are left out.
    """

    def __init__(
        self,
        landmarks: NDArray[np.floating],
        identities: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> None:
        self._landmarks = landmarks
        self._identities = identities
        rows = np.asarray(rows, np.int64)
        self._rows = rows[np.isfinite(landmarks[rows]).all(axis=(1, 2))]

    def of(self, row: int, seed: int) -> int | None:
        """The partner of a crop, of another identity; the same for the same row and seed (0 or more).

        `CANDIDATES` of the rows are drawn; of those that show somebody else, the one whose landmarks are
        nearest is given, at equal distance the one drawn first. None where there is nobody else, or where the
        crop itself has no landmarks.
        """
        own = self._landmarks[row]
        if not self._rows.size or not np.isfinite(own).all():
            return None
        rng = np.random.default_rng([seed, row, 1])  # apart from the draws of the forger
        drawn = self._others(rng.choice(self._rows, CANDIDATES), row)
        if not drawn.size:  # one person has nearly all crops, or all
            others = self._others(self._rows, row)
            if not others.size:
                return None
            drawn = rng.choice(others, CANDIDATES)
        distance = np.linalg.norm(self._landmarks[drawn].astype(np.float64) - own, axis=2).mean(axis=1)
        return int(drawn[int(distance.argmin())])

    def _others(self, rows: NDArray[np.int64], row: int) -> NDArray[np.int64]:
        others: NDArray[np.int64] = rows[self._identities[rows] != self._identities[row]]
        return others
