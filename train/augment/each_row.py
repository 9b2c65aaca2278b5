"""Work on the rows of a batch, a thread a row."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray


def each_row(change: Callable[[int], None], rows: NDArray[np.int64]) -> None:
    """Call `change` for each row, on as many threads as torch may use here: one in the workers of a loader.

    `change` touches nothing but its row, and leaves the interpreter to others most of the time, as OpenCV and
    torch do. Operations of torch that take several threads themselves are out of place in it.
    """
    threads = min(torch.get_num_threads(), len(rows))
    if threads < 2:
        for row in rows:
            change(int(row))
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(change, rows.tolist()):  # raises what a row raised
            pass
