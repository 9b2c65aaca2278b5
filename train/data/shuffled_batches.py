"""Sampler of batches in which every crop comes once an epoch, whatever it shows."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from train.data.batches import Chosen, PlannedBatches


class ShuffledBatches(PlannedBatches):
    """Batches of `size` crops in an order drawn anew from seed and epoch; what fills no batch is left over.

    Args:
        rows: (M,) of the data set.
        size: crops in a batch.
        seed: of the order.
    """

    def __init__(self, rows: NDArray[np.int64], size: int, seed: int) -> None:
        super().__init__(crops=len(rows), batch_size=size, unit=1, seed=seed)
        self._rows = rows

    def __len__(self) -> int:
        return self.crops // self.batch_size

    def _batches(self, epoch: int) -> Iterator[Chosen]:
        order = np.random.default_rng([self._seed, epoch]).permutation(self._rows)
        for start in range(0, len(self) * self.batch_size, self.batch_size):
            rows = order[start : start + self.batch_size]
            yield Chosen(rows, np.zeros(len(rows), np.bool_))
