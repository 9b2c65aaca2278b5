"""Unit vectors of crops that are equal for equal pictures, and nearly orthogonal for any two others."""

import hashlib
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

CELLS = 16  # on a side; their sums are hashed
PRIME = 127
ANGLES = 128
_COLOURS = 3
SIZE = 2 * ANGLES  # of a vector
SEED = b"facetrust scatter 1"


class Scatter(nn.Module):
    """Maps 8-bit crops to unit vectors whose cosine is 0 ± 1/16 for pictures that differ.

    The sums of the pixels in 16 x 16 cells of each colour are hashed modulo 127, by 128 functions of the
    universal family of Carter and Wegman ("Universal classes of hash functions", JCSS 1979), and each hash is
    a point of a circle: random Fourier features (Rahimi and Recht, NIPS 2007) of a kernel that is 1 on the
    diagonal and 0 beside it. A picture that is saved again differs in many cells, and one changed sum
    suffices. Everything before the sine is whole numbers below 2^24, so that every
    device and ONNX Runtime agree on it whatever the order of the sums; an embedding in its place would differ
    in its last bits from one batch to the next, which a sine that is fast enough would magnify. It has no
    weights to learn.
    """

    _factors: Tensor

    def __init__(self) -> None:
        super().__init__()
        count = _COLOURS * CELLS**2 * ANGLES
        drawn = torch.frombuffer(bytearray(hashlib.shake_256(SEED).digest(count)), dtype=torch.uint8)
        factors = (drawn.float() % PRIME - PRIME // 2).view(-1, ANGLES)
        self.register_buffer("_factors", factors, persistent=False)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, S, S) whole numbers in 0..255, S up to 1024, to (N, 256) float32 of unit length."""
        missing = -crops.shape[-1] % CELLS
        framed = functional.pad(crops.float(), (0, missing, 0, missing))
        side = framed.shape[-1] // CELLS
        cells = framed.reshape(-1, _COLOURS, CELLS, side, CELLS, side).sum((3, 5))
        # in double precision, which autocast leaves alone
        hashed = _modulo(_modulo(cells).flatten(1).double() @ self._factors.double())
        angles = hashed.float() * (2 * math.pi / PRIME)
        return torch.cat([angles.cos(), angles.sin()], dim=1) / math.sqrt(ANGLES)


def _modulo(whole: Tensor) -> Tensor:
    """Whole numbers modulo `PRIME`, in 0..126; exact below 2^24, where a quotient is never rounded up."""
    return whole - PRIME * torch.floor(whole / PRIME)
