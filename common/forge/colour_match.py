"""The colours of one face given to another: how a swap hides that light and skin were different."""

import cv2
import numpy as np
from numpy.typing import NDArray

from common.forge.face import Floats

LEAST_AREA = 16.0  # pixels, on fewer the statistics mean nothing
SLACK = 1.0  # variance in Lab that is added to both: noise of a flat picture is not blown up to texture
MOST_GAIN = 1.5  # of the deviation of lightness: a half-shadowed reference would ask for black and white


def matched_colours(picture: Floats, reference: Floats, mask: Floats, share: float) -> Floats:
    """The picture in the colours that the reference has within the mask.

    Reinhard et al., "Color Transfer between Images", IEEE CG&A 2001, in Lab, with the whole covariance
    instead of a deviation for each channel: the linear map that moves colours least, Pitié and Kokaram,
    "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer", CVMP 2007.

    Args:
        picture, reference: (size, size, 3) RGB, 0..255.
        mask: (size, size), 0..1, how much each pixel of both counts for the statistics.
        share: 0 leaves the colours, 1 matches mean and covariance, the contrast up to `MOST_GAIN`.

    Returns the whole picture, 0..255; unchanged where the mask holds less than `LEAST_AREA` pixels.
    """
    if float(mask.sum()) < LEAST_AREA:
        return picture.copy()
    lab = _to_lab(picture)
    weights = mask.ravel()
    mean, covariance = weighted_statistics(lab.reshape(-1, 3), weights)
    wanted_mean, wanted_covariance = weighted_statistics(_to_lab(reference).reshape(-1, 3), weights)
    covariance += SLACK * np.eye(3)
    wanted_covariance += SLACK * np.eye(3)
    wanted_covariance *= min(1.0, MOST_GAIN**2 * covariance[0, 0] / wanted_covariance[0, 0])
    linear = (1 - share) * np.eye(3) + share * transport(covariance, wanted_covariance)
    shift = mean + share * (wanted_mean - mean) - linear @ mean
    affine = np.hstack([linear, shift[:, None]]).astype(np.float32)
    rgb = cv2.cvtColor(cv2.transform(lab, affine), cv2.COLOR_Lab2RGB)
    matched: Floats = np.clip(rgb * np.float32(255), 0, 255)
    return matched


def weighted_statistics(values: Floats, weights: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (3,) and covariance (3, 3) of values (N, 3) that count by weights (N,) of a sum above 0."""
    parts = weights / weights.sum()
    mean = parts @ values
    centred = values - mean
    covariance = (centred * parts[:, None]).T @ centred
    return mean.astype(np.float64), covariance.astype(np.float64)


def transport(covariance: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric (3, 3) map T with T · covariance · T = wanted; both positive definite.

    A⁻½ (A½ B A½)½ A⁻½ for the covariances A and B.
    """
    root = _power(covariance, 0.5)
    inverse = _power(covariance, -0.5)
    return inverse @ _power(root @ wanted @ root, 0.5) @ inverse


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    power: NDArray[np.float64] = (vectors * values**exponent) @ vectors.T
    return power


def _to_lab(picture: Floats) -> Floats:
    return cv2.cvtColor(picture * np.float32(1 / 255), cv2.COLOR_RGB2Lab)  # type: ignore[return-value]
