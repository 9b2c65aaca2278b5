"""Shards of aligned crops, read as arrays."""

import os
from collections.abc import Iterator
from pathlib import Path

from common.formats.shard_folder import open_folder
from common.formats.shards import ShardRows, open_shard, read_rows


def read_shards(folder: str | os.PathLike[str], *, allow_missing: bool = False) -> Iterator[ShardRows]:
    """The crops of a folder that `align run` or `align forge` made, a shard at a time, each in memory.

    Each has `images` (N, size, size, 3) uint8 RGB, `identity`, `synthetic` (1 = synthetic, 0 = bona fide),
    `path` and what else `ShardRows` names.

    Raises UserError, before the first shard, where the folder has none, or not those of its manifest unless
    `allow_missing`; and where one is damaged.

    >>> for rows in ft.read_shards("datasets/processed_images"):
    ...     print(rows.images.shape, rows.identity[0], rows.synthetic[0], rows.path[0])
    (2, 112, 112, 3) anna 0 anna/0.jpg
    """
    return map(_rows_of, open_folder(Path(folder)).require_whole(allow_missing).shards)


def _rows_of(path: Path) -> ShardRows:
    with open_shard(path) as shard:
        return read_rows(shard)
