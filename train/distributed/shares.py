"""Rows that the processes of a run share for a computation without gradient."""

from collections.abc import Callable
from typing import TypeVar, cast

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor

from train.distributed.gather import gather_rows

Found = TypeVar("Found")


def computed_in_shares(
    rows: NDArray[np.int64],
    compute: Callable[[NDArray[np.int64]], Tensor],
    shape: tuple[int, ...],
    batch: int,
    fabric: Fabric,
) -> Tensor:
    """What `compute` gives of all `rows`, (N, *shape) float32, the same in all processes.

    Args:
        rows: (N,).
        compute: of up to `batch` rows, (B, *shape) on the device of `fabric`; each process does its share.
        shape: of one row's result.
        batch: rows at a time.
        fabric: launched.
    """
    share = -(-len(rows) // fabric.world_size)  # as long everywhere, the last ones are filled up with zeros
    mine = rows[fabric.global_rank * share : (fabric.global_rank + 1) * share]
    found = torch.zeros(share, *shape, dtype=torch.float32, device=fabric.device)
    for start in range(0, len(mine), batch):
        part = mine[start : start + batch]
        found[start : start + len(part)] = compute(part)
    return gather_rows(found)[: len(rows)]


def computed_by_first(compute: Callable[[], Found], fabric: Fabric) -> Found:
    """What `compute` gives in the first process, the same in all: others may round otherwise, or wait."""
    found = fabric.broadcast(compute() if fabric.global_rank == 0 else None)
    return cast(Found, found)
