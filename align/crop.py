"""From a photograph and five landmarks to the crop that face encoders are trained on."""

import cv2
import numpy as np
from numpy.typing import NDArray

CROP_SIZE = 112  # pixels
TEMPLATE_NAME = "arcface"

# where ArcFace puts the eyes, the nose and the mouth corners in a 112x112 crop (x, y in pixels)
ARCFACE_TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    dtype=np.float64,
)


def similarity_transform(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The rotation, scale and shift that bring points closest to others in the least squares sense.

    Args:
        source, target: (N, 2) points, N >= 2, not all source points equal.

    Returns (2, 3), to be applied to column vectors (x, y, 1). After Umeyama, "Least-squares estimation of
    transformation parameters between two point patterns", TPAMI 1991. Raises ValueError for a degenerate
    source.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_centred, target_centred = source - source_mean, target - target_mean
    variance = np.square(source_centred).sum() / len(source)
    if not np.isfinite(variance) or variance < 1e-12:
        raise ValueError("the points coincide")
    u, singular, vt = np.linalg.svd(target_centred.T @ source_centred / len(source))
    handedness = np.array(
        [1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))]
    )  # a mirror image is no rotation
    linear = (u * handedness) @ vt * (singular @ handedness) / variance
    return np.hstack([linear, (target_mean - linear @ source_mean)[:, None]])


def crop_face(image: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The face upright in the ArcFace frame, black where the photograph ends.

    Args:
        image: (H, W, 3) uint8 RGB.
        landmarks: (5, 2) x, y in pixels of `image`.

    Returns (112, 112, 3) uint8 RGB, equal to insightface's `norm_crop`.
    """
    matrix = similarity_transform(np.asarray(landmarks, dtype=np.float64), ARCFACE_TEMPLATE)
    return cv2.warpAffine(image, matrix, (CROP_SIZE, CROP_SIZE), borderValue=0.0)  # type: ignore[return-value]
