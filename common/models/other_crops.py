"""Refusal of crops that were cut in another way than those a model was trained on."""

from pathlib import Path

from common.formats.crop_frame import Template
from common.formats.shards import ShardHeader
from common.models.crop_settings import CropSettings
from common.runtime.errors import UserError


def refuse_other_frame(path: Path, header: ShardHeader, crops: CropSettings) -> None:
    """Raise UserError where crops are not cut as a model takes them; their size does not matter."""
    if (header.template, header.margin) != (crops.template, crops.margin):
        raise other_crops(path, (header.size, header.template, header.margin), crops.size, crops)


def refuse_other_form(path: Path, header: ShardHeader, size: int, crops: CropSettings) -> None:
    """Raise UserError where crops are not of a size and cut as a model takes them."""
    found = header.size, header.template, header.margin
    if found != (size, crops.template, crops.margin):
        raise other_crops(path, found, size, crops)


def other_crops(path: Path, found: tuple[int, str, float], size: int, crops: CropSettings) -> UserError:
    """The error for a shard whose crops, of `found` size, template and margin, a model does not take."""
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
