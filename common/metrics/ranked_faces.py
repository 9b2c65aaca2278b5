"""Scored faces of two classes, sorted once for any number of weightings, and the areas under their curves.

Weights are whole numbers, so every figure here is exactly that of the sample with its faces written out so
often; with all weights 1 it is the figure of the faces themselves.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class RankedFaces:
    """Faces in order of falling score, each class by itself."""

    levels: NDArray[np.float64]  # (K,) distinct scores, descending
    rows: tuple[NDArray[np.intp], NDArray[np.intp]]  # of bona fide, of synthetic faces, by falling score
    ends: tuple[NDArray[np.intp], NDArray[np.intp]]  # (K,) each: how many of them score at least that level

    @classmethod
    def of(cls, labels: NDArray[np.bool_], scores: NDArray[np.float64]) -> "RankedFaces":
        """Faces (N,), labels true for synthetic ones, scores finite and higher for more synthetic."""
        levels, rank = np.unique(scores, return_inverse=True)
        rows, ends = [], []
        for synthetic in (False, True):
            inside = np.flatnonzero(labels == synthetic)
            rows.append(inside[np.argsort(-scores[inside], kind="stable")])
            ends.append(np.cumsum(np.bincount(rank[inside], minlength=len(levels))[::-1]))
        return cls(levels[::-1], (rows[0], rows[1]), (ends[0], ends[1]))

    def called(self, weights: Counts) -> tuple[Counts, Counts]:
        """(K + 1,) weight of the bona fide and of the synthetic faces above the levels; nothing at 0.

        Args:
            weights: (N,) how often each face stands in the sample.
        """
        found = []
        for rows, ends in zip(self.rows, self.ends, strict=True):
            running = np.concatenate([[0], np.cumsum(weights[rows])])
            found.append(np.concatenate([[0], running[ends]]).astype(np.int64))
        return found[0], found[1]


def area_under_roc(false_alarms: Counts, caught: Counts) -> float:
    """The area under the ROC curve, from (K + 1,) weights; NaN unless both classes have any.

    It is the chance that a synthetic face scores higher than a bona fide one (Mann and Whitney); ties count
    half.
    """
    bona_fide, synthetic = int(false_alarms[-1]), int(caught[-1])
    if not bona_fide or not synthetic:
        return math.nan
    doubled = np.sum(np.diff(false_alarms) * (caught[1:] + caught[:-1]))  # whole numbers: exact
    return float(doubled) / (2 * bona_fide * synthetic)


def average_precision(false_alarms: Counts, caught: Counts) -> float:
    """The average precision, from (K + 1,) weights: precision times the step of recall, summed.

    NaN unless both classes have any weight. Nothing is interpolated, as in
    `sklearn.metrics.average_precision_score`.
    """
    bona_fide, synthetic = int(false_alarms[-1]), int(caught[-1])
    if not bona_fide or not synthetic:
        return math.nan
    called = np.maximum(false_alarms[1:] + caught[1:], 1)  # where nothing is called nothing is caught either
    return float(np.sum(np.diff(caught) * (caught[1:] / called))) / synthetic
