"""Shards to train on, of crops that compress and vary like photographs."""

from pathlib import Path

import cv2
import numpy as np

from common.formats.shards import ShardHeader, ShardRows, write_shard

PEOPLE, EACH = 64, 12
LEAST_PEOPLE = 20  # of whom two are held out, and make pairs
PEOPLE_PER_SHARD = 64


def write_crops(folder: Path, people: int = PEOPLE, each: int = EACH, size: int = 112) -> Path:
    """Shards of so many people with `each` crops, a third of them synthetic; the same every time.

    The crops of a person have half of their colours in common, so that there is something to learn.
    """
    folder.mkdir(parents=True)
    for number, first in enumerate(range(0, people, PEOPLE_PER_SHARD)):
        _write(
            folder / f"shard-{number:05d}.h5", range(first, min(first + PEOPLE_PER_SHARD, people)), each, size
        )
    return folder


def people_for(images: int) -> int:
    """How many people have crops for a pass over so many, a tenth of them held out; 64 at most."""
    return min(PEOPLE, max(LEAST_PEOPLE, -(-images * 10 // (9 * EACH))))


def _write(shard: Path, people: range, each: int, size: int) -> None:
    rng = np.random.default_rng(people.start)
    count = len(people) * each
    common = np.repeat(rng.integers(0, 256, (len(people), 14, 14, 3)), each, axis=0)
    coarse = ((common + rng.integers(0, 256, common.shape)) // 2).astype(np.uint8)
    images = np.stack([cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC) for image in coarse])
    names = [f"person{person}" for person in people for _ in range(each)]
    rows = ShardRows(
        images=images,
        identity=names,
        synthetic=np.array([index % 3 == 0 for index in range(count)], np.uint8),
        path=[f"{name}/{index}.jpg" for index, name in enumerate(names)],
        landmarks=np.zeros((count, 5, 2), np.float32),
        box=np.zeros((count, 4), np.float32),
        score=np.ones(count, np.float32),
        alignment=np.zeros(count, np.uint8),
    )
    write_shard(shard, ShardHeader("none", "0" * 64, "arcface", size), rows)
