"""Parts of a set as shards: crops to train on with their labels, crops to guess without."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.shard_folder import open_folder
from common.formats.shards import open_shard, read_header, read_rows, write_shard
from train.data.dataset import CropDataset
from train.data.groups import crop_groups
from train.folds.assignment import assign_folds
from train.pseudo_labels.write import rows_where

DONE = "whole"  # a file that is there once all shards of a part are


def halves(dataset: CropDataset) -> NDArray[np.int64]:
    """Which half of a set each crop is in, (N,) 0 or 1: both with as much of each class, no group in both."""
    return assign_folds(dataset.synthetic, crop_groups(dataset)[0], 2, 0)


def at_most(dataset: CropDataset, most: int) -> NDArray[np.bool_]:
    """A random choice of so many crops, (N,), the same every time."""
    kept = np.zeros(len(dataset), np.bool_)
    kept[np.random.default_rng(0).permutation(len(dataset))[:most]] = True
    return kept


def write_part(source: Path, kept: NDArray[np.bool_], out: Path, *, labelled: bool) -> Path:
    """Shards of the crops that are kept, (N,), with their labels or all as bona fide; kept where they lie."""
    if (out / DONE).is_file():
        return out
    start = 0
    for path in open_folder(source).shards:
        with open_shard(path) as shard:
            header, rows = read_header(shard), read_rows(shard)
        own = kept[start : start + len(rows)]
        start += len(rows)
        if own.any():
            taken = rows_where(rows, own)
            flags = taken.synthetic if labelled else np.zeros_like(taken.synthetic)
            write_shard(out / path.name, header, replace(taken, synthetic=flags))
    (out / DONE).touch()
    return out
