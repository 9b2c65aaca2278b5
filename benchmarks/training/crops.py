"""Shards to train on, of crops that compress and vary like photographs."""

from pathlib import Path

import cv2
import numpy as np

from common.formats.shards import ShardHeader, ShardRows, write_shard

PEOPLE, EACH = 64, 12


def write_crops(folder: Path) -> Path:
    """One shard of `PEOPLE` people with `EACH` crops, a third of them synthetic; the same every time."""
    rng = np.random.default_rng(0)
    count = PEOPLE * EACH
    coarse = rng.integers(0, 256, (count, 14, 14, 3), dtype=np.uint8)
    images = np.stack([cv2.resize(image, (112, 112), interpolation=cv2.INTER_CUBIC) for image in coarse])
    rows = ShardRows(
        images=images,
        identity=[f"person{index // EACH}" for index in range(count)],
        synthetic=np.array([index % 3 == 0 for index in range(count)], np.uint8),
        path=[f"person{index // EACH}/{index}.jpg" for index in range(count)],
        landmarks=np.zeros((count, 5, 2), np.float32),
        box=np.zeros((count, 4), np.float32),
        score=np.ones(count, np.float32),
        alignment=np.zeros(count, np.uint8),
    )
    folder.mkdir(parents=True)
    write_shard(folder / "shard-00000.h5", ShardHeader("none", "0" * 64, "arcface", 112), rows)
    return folder
