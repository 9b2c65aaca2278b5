"""Near-duplicate test of two crops: descriptors to find candidates by, and the proof of a pair.

A photograph that was saved again, resized, brightened or aligned anew keeps its fine structure; another
photograph of the same person does not, unless it was taken within a moment. The crops are brought onto each
other, and what is left after the slow changes of light is correlated. On 3,353 aligned LFW crops, copies
(JPEG of quality 50, a third of the size and back, light, contrast, grey, another cut) are at 0.97 and above,
six pairs that are one photograph at 0.99, and the nearest others at 0.93 and below.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

DESCRIPTOR_SIDE = 16
DESCRIPTOR_BLUR = 2.0  # pixels of the descriptor: slower changes are light, and the face that all share
PROOF_SIDE = 64
PROOF_BLUR = 4.0
PROOF_SMOOTHING = 5  # pixels of the filter before registration
PROOF_BORDER = 5  # pixels that registration may move out of sight
LEAST_CORRELATION = 0.95
LEAST_DETAIL = 1.5  # grey levels of standard deviation; what has less is blank, or blurred beyond telling
REGISTRATION = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-4)


def picture_descriptor(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A (256,) float32 descriptor of unit length of a (S, S, 3) RGB crop, zero of a blank one.

    The product of two is near 1 for one photograph, and seldom above 0.8 for two.
    """
    detail = _detail(_grey(crop, DESCRIPTOR_SIDE), DESCRIPTOR_BLUR).ravel()
    detail -= detail.mean()
    if detail.std() < LEAST_DETAIL:
        return np.zeros(DESCRIPTOR_SIDE**2, np.float32)
    return np.asarray(detail / np.linalg.norm(detail), np.float32)


def are_same_picture(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """Whether two RGB crops, each (S, S, 3) of any size, show one photograph: registered, they correlate."""
    return registered_correlation(first, second) >= LEAST_CORRELATION


def registered_correlation(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """The correlation of the detail of two RGB crops, in [-1, 1], after an affine map of one onto the other.

    -1 where no map is found or there is no detail to tell by.
    """
    fixed, moving = _grey(first, PROOF_SIDE), _grey(second, PROOF_SIDE)
    matrix: cv2.typing.MatLike = np.eye(2, 3, dtype=np.float32)
    everywhere = np.full(fixed.shape, 255, np.uint8)
    try:
        _, matrix = cv2.findTransformECC(
            fixed, moving, matrix, cv2.MOTION_AFFINE, REGISTRATION, everywhere, PROOF_SMOOTHING
        )
    except cv2.error:  # it does not converge
        return -1.0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(moving, matrix, fixed.shape, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = slice(PROOF_BORDER, -PROOF_BORDER)
    images = fixed, moved.astype(np.float32)
    details = [_detail(image, PROOF_BLUR)[inside, inside].ravel() for image in images]
    if min(float(detail.std()) for detail in details) < LEAST_DETAIL:
        return -1.0
    return float(np.corrcoef(details[0], details[1])[0, 1])


def _grey(crop: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)


def _detail(grey: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), blur), np.float32)
