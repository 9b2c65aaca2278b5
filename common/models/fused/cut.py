"""One crop cut out of another by the fixed transform between their templates."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from common.formats.crop_frame import CropFrame

EXACT = 1e-6  # pixels


class Cut(nn.Module):
    """Maps crops of one frame to those of another: a slice where a pixel is a pixel, else averaged or linear.

    Args:
        source: the frame of the crops that are given, of the templates with points.
        target: the one that they are cut to, upright in the other.
    """

    _rows: Tensor
    _columns: Tensor

    def __init__(self, source: CropFrame, target: CropFrame) -> None:
        super().__init__()
        factor = float(np.ptp(source.points[:, 0]) / np.ptp(target.points[:, 0]))
        left, top = (source.points - factor * target.points).mean(axis=0).tolist()
        self.factor = factor  # pixels of the source to a pixel of the target
        size = target.size
        starts = [round(top), round(left)]
        is_slice = max(abs(factor - 1), abs(top - starts[0]), abs(left - starts[1])) < EXACT
        inside = min(starts) >= 0 and max(starts) + size <= source.size
        self._slices = tuple(slice(start, start + size) for start in starts) if is_slice and inside else None
        if self._slices is None:
            for name, start in (("_rows", top), ("_columns", left)):
                weights = torch.from_numpy(_weights(source.size, size, factor, start))
                self.register_buffer(name, weights, persistent=False)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, S, S) RGB in 0..255 to (N, 3, T, T), whole numbers of the same dtype or float32."""
        if self._slices is not None:
            rows, columns = self._slices
            return crops[:, :, rows, columns]
        # in double precision, which autocast leaves alone
        return (self._rows.double() @ crops.double() @ self._columns.double().T).round().float()


def _weights(source: int, target: int, factor: float, start: float) -> NDArray[np.float32]:
    """The share of each source pixel in each target pixel along an axis, (target, source), rows of sum 1."""
    centres = factor * np.arange(target)[:, None] + start
    pixels = np.arange(source)[None]
    if factor > 1:  # what lies below a pixel of the target
        ends = [np.clip(centres + half * factor, pixels - 0.5, pixels + 0.5) for half in (-0.5, 0.5)]
        weights = ends[1] - ends[0]
    else:
        weights = np.clip(1 - np.abs(np.clip(centres, 0, source - 1) - pixels), 0, None)
    found: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return found
