"""A photograph in memory, perhaps reduced, and the way between its pixels and those of the whole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection
from align.media.read import ImageFile
from align.media.source import DecodedImage


@dataclass(frozen=True)
class DecodedPhotograph:
    """A photograph decoded at 1 / `reduction` of its size."""

    file: ImageFile | DecodedImage
    reduction: int
    pixels: NDArray[np.uint8]  # (H, W, 3) RGB

    @property
    def longer_side(self) -> int:
        """Of the whole photograph, in pixels."""
        return max(self.file.height, self.file.width)

    @classmethod
    def decode(cls, file: ImageFile | DecodedImage, limit: float) -> "DecodedPhotograph":
        """A photograph at its largest reduction up to `limit`. Raises UnreadableImageError."""
        reduction = max(by for by in file.reductions if by <= max(1, limit))
        return cls(file, reduction, file.decode(reduction))

    def sharper(self, limit: float) -> "DecodedPhotograph":
        """The photograph at its largest reduction up to `limit`, decoded anew if that is below its own."""
        return self if self.reduction <= max(1, limit) else self.decode(self.file, limit)

    def to_full_size(self, face: Detection) -> Detection:
        """A face found in `pixels`, in pixels of the whole; a pixel is a square around its place."""
        if self.reduction == 1:
            return face
        shift = np.float32((self.reduction - 1) / 2)
        return Detection(
            face.box * self.reduction + shift, face.landmarks * self.reduction + shift, face.score
        )

    def from_full_size(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points of the whole photograph (N, 2) in pixels of `pixels`."""
        return (points - np.float32((self.reduction - 1) / 2)) / np.float32(self.reduction)
