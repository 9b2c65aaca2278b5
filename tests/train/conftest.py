from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.crop_frame import ARCFACE_POINTS
from common.formats.shards import ShardHeader, ShardRows, write_shard

Crop = NDArray[np.uint8]


@pytest.fixture(scope="session")
def bona_fide_shards(
    tmp_path_factory: pytest.TempPathFactory,
    crops: list[Crop],
    variant: Callable[[Crop, int, bool], Crop],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> Path:
    """One shard of real faces, none synthetic, with landmarks: 6 people with 6 crops each."""
    folder = tmp_path_factory.mktemp("bona_fide_shards")
    images = [variant(crop, 10 * person + n, False) for person, crop in enumerate(crops) for n in range(6)]
    names = [f"person{person}" for person in range(6) for _ in range(6)]
    rows = make_rows(images, names, [0] * 36)
    landmarks = np.repeat(ARCFACE_POINTS[None].astype(np.float32), 36, axis=0)
    write_shard(folder / "shard-00000.h5", shard_header, replace(rows, landmarks=landmarks))
    return folder
