"""Faces that benchmarks are tried on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.shards import Alignment, ShardHeader, ShardRows, write_shard

Crop = NDArray[np.uint8]
EACH = 4  # photographs of each of the six people


@pytest.fixture(scope="session")
def write_faces(
    crops: list[Crop], variant: Callable[[Crop, int, bool], Crop], shard_header: ShardHeader
) -> Callable[..., Path]:
    """Shards of six people, of those named with inverted pixels."""

    def write(folder: Path, inverted: frozenset[str] = frozenset(), synthetic: bool = False) -> Path:
        count = len(crops) * EACH
        names = [f"person{index // EACH}" for index in range(count)]
        images = [variant(crops[index // EACH], index, False) for index in range(count)]
        rows = ShardRows(
            images=np.array(
                [
                    255 - image if name in inverted else image
                    for name, image in zip(names, images, strict=True)
                ]
            ),
            identity=names,
            synthetic=np.full(count, synthetic, np.uint8),
            path=[f"{name}/{index}.jpg" for index, name in enumerate(names)],
            landmarks=np.full((count, 5, 2), np.nan, np.float32),
            box=np.zeros((count, 4), np.float32),
            score=np.full(count, np.nan, np.float32),
            alignment=np.full(count, Alignment.AS_GIVEN, np.uint8),
        )
        folder.mkdir(parents=True)
        write_shard(folder / "shard-00000.h5", shard_header, rows)
        return folder

    return write
