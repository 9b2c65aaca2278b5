"""The reliability of probabilities: how often what is called likely is so, and the ECE."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 15


class ReliabilityBin(NamedTuple):
    """The faces whose probability lies in one of the equally wide bins of a reliability diagram."""

    low: float
    high: float
    faces: int
    mean_probability: float  # NaN without faces
    synthetic_share: float  # how many of them are synthetic, in [0, 1]; NaN without faces


def reliability_bins(
    labels: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> tuple[ReliabilityBin, ...]:
    """15 bins of P(synthetic), of equal width; a probability on an edge belongs to the higher one.

    Labels (N,) are true for synthetic faces, probabilities (N,) in [0, 1].
    """
    edges = np.linspace(0, 1, BINS + 1)
    places = np.searchsorted(edges[1:-1], probabilities, side="right")
    faces = np.bincount(places, minlength=BINS)
    sums = np.bincount(places, probabilities, BINS)
    synthetic = np.bincount(places[labels], minlength=BINS)
    return tuple(
        ReliabilityBin(
            float(edges[place]),
            float(edges[place + 1]),
            count := int(faces[place]),
            float(sums[place]) / count if count else math.nan,
            int(synthetic[place]) / count if count else math.nan,
        )
        for place in range(BINS)
    )


def calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """The expected calibration error in [0, 1]: mean distance of probability and share, weighted by faces.

    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI
    2015, of P(synthetic) and not of the probability of the verdict. NaN without faces.
    """
    total = sum(one.faces for one in bins)
    apart = sum(one.faces * abs(one.mean_probability - one.synthetic_share) for one in bins if one.faces)
    return apart / total if total else math.nan
