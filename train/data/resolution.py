"""Resolution of faces: how many pixels of a photograph a crop shows, brought to the same in both classes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from common.formats.crop_frame import CropFrame, crop_matrix
from common.formats.crop_size import fit_crop
from common.formats.shards import Alignment

TOLERANCE = 0.97  # a crop that would lose less of its side stays as it is
SMALLEST = 16  # pixels


def shown_sides(
    landmarks: NDArray[np.floating],
    boxes: NDArray[np.floating],
    alignment: NDArray[np.uint8],
    frame: CropFrame,
) -> NDArray[np.float64]:
    """Pixels of the photograph along a side of each crop of a shard, (N,), at most those of the crop.

    Of crops that were not taken by landmarks it is not known: as many as the crop has.
    """
    sides = np.full(len(landmarks), float(frame.size))
    for row, (points, box) in enumerate(zip(landmarks, boxes, strict=True)):
        if alignment[row] in (Alignment.LANDMARKS, Alignment.TRUNCATED):
            try:
                matrix = crop_matrix(points, box, frame)
            except ValueError:
                continue
            sides[row] = min(frame.size / max(float(np.hypot(*matrix[:, 0])), 1e-12), frame.size)
    return sides


def matched_sides(sides: NDArray[np.float64], synthetic: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The sides that give both classes the same distribution, (N,), none above its own.

    A crop at quantile q of its class goes to the smaller of the two classes' quantiles q. Where one class was
    photographed from nearer, or its faces are larger in their pictures, its crops are sharper, and a network
    learns that in the place of forgeries. One class alone stays as it is.
    """
    classes = [np.sort(sides[synthetic == label]) for label in (False, True)]
    if not all(map(len, classes)):
        return sides
    matched = sides.copy()
    for label in (False, True):
        rows = np.flatnonzero(synthetic == label)
        ranks = np.empty(len(rows))
        ranks[np.argsort(sides[rows], kind="stable")] = (np.arange(len(rows)) + 0.5) / len(rows)
        of_each = [np.quantile(values, ranks, method="hazen") for values in classes]
        matched[rows] = np.minimum(sides[rows], np.minimum(*of_each))
    return matched


def matched_over_time(
    sides: NDArray[np.float64], synthetic: NDArray[np.bool_], tracks: Sequence[NDArray[np.int64]]
) -> NDArray[np.float64]:
    """As `matched_sides`, but the crops of a track, rows of `sides` (N,), all have one: of its median.

    Else the one class alone would be reduced, by another amount in each frame, and flicker. Crops of no track
    stay as they are.
    """
    medians = np.array([np.median(sides[rows]) for rows in tracks])
    labels = np.array([synthetic[rows[0]] for rows in tracks])
    matched = sides.copy()
    for rows, side in zip(tracks, matched_sides(medians, labels), strict=True):
        matched[rows] = side
    return matched


def reduced(crop: NDArray[np.uint8], side: float) -> NDArray[np.uint8]:
    """A square crop (s, s, 3) made smaller to `side` pixels; itself where it has hardly more."""
    pixels = max(SMALLEST, round(side))
    return crop if pixels >= TOLERANCE * crop.shape[0] else fit_crop(crop, pixels)
