"""What plain measures tell of the classes of a data set, and of a classifier's score."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from common.metrics import evaluate_classification
from common.metrics.matched_faces import sharpness_matched
from common.metrics.shortcuts import Shortcut, find_shortcuts
from infer.classification.faces import ClassifiedFaces

FEWEST = 10  # faces of a correlation, and matched pairs that tell anything
NAMES = {
    "file_size": "file size, bytes",
    "jpeg": "JPEG or another format",
    "jpeg_table": "JPEG table, mean of the luma’s",
    "pixels": "resolution, pixels",
    "sharpness": "sharpness of the crop",
    "saturation": "saturation of the crop",
    "grey": "grey or coloured crop",
    "brightness": "brightness of the crop",
    "score": "detection score",
    "face_size": "size of the face, pixels",
}


@dataclass(frozen=True)
class SharpnessPart:
    """How much of a classifier's score a plain sharpness measure explains.

    Attributes:
        correlation: of the ranks of logit and sharpness, in [-1, 1] (Spearman), over all faces.
        of_bona_fide, of_synthetic: the same within a class, where it is not the classes that correlate.
        pairs: of a bona fide and a synthetic face each that are matched by sharpness and detection score.
        auc: of the classifier over these; NaN without any.
    """

    correlation: float
    of_bona_fide: float
    of_synthetic: float
    pairs: int
    auc: float

    @property
    def has_few_pairs(self) -> bool:
        """Whether there are too few matched pairs for their AUC to mean anything."""
        return self.pairs < FEWEST


@dataclass(frozen=True)
class Shortcuts:
    """What plain measures tell by themselves, the strongest first, and what sharpness explains."""

    measures: list[Shortcut]
    sharpness: SharpnessPart | None  # None where it was not measured

    @property
    def named(self) -> list[Shortcut]:
        """Those that the data set is to be warned of for."""
        return [one for one in self.measures if one.is_shortcut]


def measure_shortcuts(faces: ClassifiedFaces) -> Shortcuts | None:
    """The shortcuts of labelled faces with a score; None without measures, or with one class only."""
    rows = faces.measured
    labels = faces.label[rows] == 1
    if not faces.measures or not labels.any() or labels.all():
        return None
    measures = {name: values[rows] for name, values in faces.measures.items()}
    known = {name: values for name, values in measures.items() if not np.isnan(values).all()}
    found = [one for one in find_shortcuts(labels, known) if not math.isnan(one.auc)]
    if "sharpness" not in known:
        return Shortcuts(found, None)
    sharpness, logits = known["sharpness"], faces.logit[rows]
    matched = sharpness_matched(labels, sharpness, known.get("score")).ravel()
    over_pairs = evaluate_classification(labels[matched], faces.probability[rows][matched])
    part = SharpnessPart(
        _correlation(logits, sharpness),
        _correlation(logits[~labels], sharpness[~labels]),
        _correlation(logits[labels], sharpness[labels]),
        len(matched) // 2,
        over_pairs.auc,
    )
    return Shortcuts(found, part)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Spearman's of the values that both have; NaN for fewer than ten, and where one does not vary."""
    both = np.isfinite(one) & np.isfinite(other)
    one, other = one[both], other[both]
    if len(one) < FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return math.nan
    return float(spearmanr(one, other).statistic)
