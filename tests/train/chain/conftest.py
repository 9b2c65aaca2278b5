"""Faces without labels for the chain."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.shards import ShardHeader, ShardRows, write_shard

Crop = NDArray[np.uint8]


@pytest.fixture(scope="package")
def unlabelled(
    tmp_path_factory: pytest.TempPathFactory,
    crops: list[Crop],
    variant: Callable[[Crop, int, bool], Crop],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> Path:
    """A shard of twelve faces called 0.jpg to 11.jpg, of which nobody says what they are."""
    folder = tmp_path_factory.mktemp("unlabelled")
    numbers = range(12)
    images = [variant(crops[n % 6], 700 + n, n % 2 == 1) for n in numbers]
    rows = make_rows(images, [str(n) for n in numbers], [0] * 12)
    write_shard(folder / "shard-00000.h5", shard_header, replace(rows, path=[f"{n}.jpg" for n in numbers]))
    return folder
