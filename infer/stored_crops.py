"""Crops of shards, read when they are wanted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.shards import open_shard, read_header
from common.models.other_crops import refuse_other_form
from infer.models.model import FaceModel


@dataclass(frozen=True, slots=True)
class ShardCrop:
    """One crop of a shard."""

    shard: Path
    row: int


def read_crops(crops: Sequence[ShardCrop]) -> NDArray[np.uint8]:
    """The pixels of crops of one size, (N, S, S, 3) uint8 RGB. Raises UserError when a shard is damaged."""
    return np.concatenate([*_of_each_shard(crops)])


def _of_each_shard(crops: Sequence[ShardCrop]) -> Iterator[NDArray[np.uint8]]:
    for path, own in groupby(crops, key=lambda crop: crop.shard):
        wanted = np.array([crop.row for crop in own])
        rows, places = np.unique(wanted, return_inverse=True)
        with open_shard(path) as shard:
            yield shard["images"][rows][places]


def refuse_other_crops(shards: Iterable[Path], model: FaceModel) -> None:
    """Raise UserError where the crops of a shard are not cut as the model takes them."""
    for path in shards:
        with open_shard(path) as shard:
            refuse_other_form(path, read_header(shard), model.size, model.crops)
