"""Crops of shards, read when they are wanted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.formats.crop_frame import Template
from common.formats.shards import ShardHeader, open_shard, read_header
from common.models.crop_settings import CropSettings
from common.runtime.errors import UserError
from infer.models.model import Model


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


def refuse_other_crops(shards: Iterable[Path], model: Model) -> None:
    """Raise UserError where the crops of a shard are not cut as the model takes them."""
    for path in shards:
        with open_shard(path) as shard:
            refuse_other_form(path, read_header(shard), model)


def refuse_other_form(path: Path, header: ShardHeader, model: Model) -> None:
    """As `refuse_other_crops`, for the header of a shard that is open."""
    found = header.size, header.template, header.margin
    if found != (model.size, model.crops.template, model.crops.margin):
        raise _other(path, found, model.size, model.crops)


def refuse_other_frame(path: Path, header: ShardHeader, crops: CropSettings) -> None:
    """Raise UserError where crops are not cut as a model takes them; their size does not matter."""
    if (header.template, header.margin) != (crops.template, crops.margin):
        raise _other(path, (header.size, header.template, header.margin), crops.size, crops)


def _other(path: Path, found: tuple[int, str, float], size: int, crops: CropSettings) -> UserError:
    wanted = size, crops.template, crops.margin
    return UserError(
        f"{path} has crops of {_described(*found)}, the model takes {_described(*wanted)}: make them "
        f"with 'python -m align run PHOTOGRAPHS {_options(*wanted)}', or name the folder of the "
        "photographs here"
    )


def _described(size: int, template: str, margin: float) -> str:
    around = f" with the margin {margin:g}" if margin or template == Template.BOX else ""
    return f"{size} pixels and the template {template!r}{around}"


def _options(size: int, template: str, margin: float) -> str:
    taken = f" --template {template} --margin {margin:g}" if template != Template.ARCFACE else ""
    return f"--size {size}{taken}"
