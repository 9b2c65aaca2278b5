"""Windows of an image, each reduced to the same small size by the mean of what falls into a pixel."""

import torch
from torch import Tensor


class Windows:
    """The windows of one image (H, W, 3) uint8 RGB.

    The sums from the first pixel on are kept, so that the mean of any rectangle takes four of them, and all
    windows together a few operations. The means are those of torch's adaptive average pooling, which
    facenet-pytorch takes for resizing by area.
    """

    def __init__(self, image: Tensor) -> None:
        height, width, _ = image.shape
        self.device = image.device
        self._sums = torch.zeros((height + 1, width + 1, 3), dtype=torch.int64, device=image.device)
        self._sums[1:, 1:] = image.long().cumsum(0).cumsum(1)

    def reduced(self, rectangles: Tensor, height: int, width: int) -> Tensor:
        """The windows as the networks take them, (N, 3, height, width) float32 within -1 and 1.

        `rectangles` (N, 4) int64 has left, top, right and bottom in pixels, each side of 1 at least and
        within the image; the last column and row do not belong to it.
        """
        left, right = _edges(rectangles[:, 0], rectangles[:, 2], width)
        top, bottom = _edges(rectangles[:, 1], rectangles[:, 3], height)
        (left, right), (top, bottom) = (left[:, None], right[:, None]), (top[:, :, None], bottom[:, :, None])
        sums = self._sums
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        mean = total.float() / ((right - left) * (bottom - top))[..., None]
        return ((mean - 127.5) / 128).permute(0, 3, 1, 2)


def _edges(start: Tensor, end: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """First and last of the pixels, (N, cells), that fall into each cell of lengths (N,); the last is out."""
    cell = torch.arange(cells, device=start.device)
    length = (end - start)[:, None]
    first = start[:, None] + cell * length // cells
    return first, start[:, None] - (-(cell + 1) * length // cells)
