"""Shortcuts of a data set: plain measures, such as file size or sharpness, that alone tell its classes.

A classifier that is trained on such a data set may learn the measure, and fails where it lies the other way
round.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.classification import checked_labels
from common.metrics.ranked_faces import RankedFaces, area_under_roc

LIMIT = 0.6  # of the AUC of a plain measure
SURELY = 2.0  # standard errors of the AUC of a measure that tells nothing


@dataclass(frozen=True)
class Shortcut:
    """How well one measure tells synthetic from bona fide faces."""

    name: str
    auc: float  # in [0.5, 1], of the better direction; NaN where a class has no value
    synthetic_is_higher: bool  # the direction
    bona_fide: int  # faces that have a value
    synthetic: int

    @property
    def is_shortcut(self) -> bool:
        """Whether the AUC exceeds 0.6, and by more than chance gives so few faces."""
        return self.auc > max(LIMIT, 0.5 + SURELY * self._error_of_chance)

    @property
    def _error_of_chance(self) -> float:
        """The standard error of the AUC of a measure without meaning (Mann and Whitney, 1947)."""
        product = self.bona_fide * self.synthetic
        return math.sqrt((self.bona_fide + self.synthetic + 1) / (12 * product)) if product else math.inf


def find_shortcuts(labels: ArrayLike, measures: Mapping[str, NDArray[np.floating]]) -> list[Shortcut]:
    """The AUC of each measure alone, the highest first, undefined ones last; those of one AUC as they came.

    Args:
        labels: (N,) booleans or 0/1; true for synthetic faces.
        measures: (N,) each, by name; NaN for a face that has none, which is left out of that measure.

    Raises ValueError for measures of another length, and labels other than 0 and 1.
    """
    synthetic = checked_labels(labels)
    found = [_judge(name, synthetic, values) for name, values in measures.items()]
    return sorted(found, key=lambda one: -one.auc if one.auc >= 0 else 0)


def _judge(name: str, synthetic: NDArray[np.bool_], values: NDArray[np.floating]) -> Shortcut:
    if values.shape != synthetic.shape:
        raise ValueError(f"{name} {values.shape} must be one number for each of {len(synthetic)} faces")
    known = ~np.isnan(values)
    labels = synthetic[known]
    ranked = RankedFaces.of(labels, values[known].astype(np.float64))
    auc = area_under_roc(*ranked.called(np.ones(len(labels), np.int64)))
    counts = int((~labels).sum()), int(labels.sum())
    return Shortcut(name, max(auc, 1 - auc), auc >= 0.5, *counts)
