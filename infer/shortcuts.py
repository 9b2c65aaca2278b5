"""The plain measures of image files and of crops that `find_shortcuts` judges."""

import math
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.JpegImagePlugin import JpegImageFile

from align.media.read import ImageFile
from common.metrics.picture_measures import picture_measures

Measures = dict[str, NDArray[np.float64]]
LUMA = 0  # the number of the quantisation table of the luma, as encoders have it


def measure_crops(
    images: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
    score: NDArray[np.float32],
    box: NDArray[np.float32],
) -> Measures:
    """The measures that crops of a shard tell, by name; NaN for those of a crop that has no face found.

    Those of `picture_measures`, the detection `score` in [0, 1], and `face_size`, the longer side of the box
    in pixels of the photograph.

    Args:
        images: N of (size, size, 3) RGB.
        score: (N,), and box (N, 4): as shards have them.
    """
    rows = [picture_measures(image) for image in images]
    sides = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]).astype(np.float64)
    return _columns(rows, ("sharpness", "saturation", "grey", "brightness")) | {
        "score": score.astype(np.float64),
        "face_size": np.where(np.isnan(score), np.nan, sides),
    }


def _columns(rows: list[dict[str, float]], names: Sequence[str]) -> Measures:
    return {name: np.array([row.get(name, math.nan) for row in rows], np.float64) for name in names}


def measure_header(path: Path) -> dict[str, float]:
    """The measures of an image file that its pixels play no part in, by name.

    `file_size` in bytes; `jpeg`, 1 for a JPEG and 0 for another format; `jpeg_table`, the mean of the
    quantisation table of its luma, NaN where there is none; `pixels`, width times height.

    Raises UnreadableImageError for a file that is no image within the bounds.
    """
    file = ImageFile(path)
    table = _luma_table(path)
    return {
        "file_size": float(path.stat().st_size),
        "jpeg": float(table is not None),
        "jpeg_table": math.nan if table is None else table,
        "pixels": float(file.width * file.height),
    }


def _luma_table(path: Path) -> float | None:
    """The mean of the quantisation table of the luma of a JPEG; None for a file of another format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the file has been decoded: of damage all is known
            with JpegImageFile(path) as image:  # not Image.open, which also reads what is appended
                tables: dict[int, list[int]] = image.quantization
    except (OSError, ValueError, SyntaxError):
        return None
    return float(np.mean(tables[LUMA])) if LUMA in tables else math.nan
