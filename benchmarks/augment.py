"""What the augmentation costs on one thread, beside the same made of torchvision's transforms.

python benchmarks/augment.py                            # on rendered faces
python benchmarks/augment.py --data SHARDS              # on crops of your own
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # or a file beside this one would hide `align`

import cv2
import numpy as np
import torch
import typer
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torchvision.transforms import v2

from benchmarks.alignment.photographs import small_photographs
from train.augment.augmentation import Augmentation
from train.augment.config import KNOBS, AugmentConfig
from train.data.dataset import CropDataset

DEFAULTS = AugmentConfig()
OFF = dict.fromkeys(KNOBS, 0)
GENTLE = {name: getattr(DEFAULTS, name) for name in ("mirror", "shift", "contrast", "brightness", "colour")}


def print_table(
    data: Annotated[Path | None, typer.Option(help="Folder of shards; rendered faces if not told.")] = None,
    count: Annotated[int, typer.Option(help="Crops of a batch.")] = 128,
    rounds: Annotated[int, typer.Option(help="Turns; the median is printed.")] = 15,
) -> None:
    """Milliseconds of one processor an image, everything by turns in one run."""
    torch.set_num_threads(1)
    crops = _crops(data, count)
    ways: dict[str, Callable[[int], object]] = {
        "defaults": _own(crops, DEFAULTS),
        "torchvision": _peer(crops, DEFAULTS),
        "gentle": _own(crops, AugmentConfig(**OFF | GENTLE)),
        "torchvision, gentle": _peer(crops, AugmentConfig(**OFF | GENTLE)),
    }
    ways |= {f"only {knob}": _own(crops, _alone(knob)) for knob in KNOBS}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            start = time.thread_time()
            way(turn)
            times[name].append(1000 * (time.thread_time() - start) / count)
    table = Table("way", "ms an image", "fastest turn")
    for name, taken in times.items():  # the first turn warms up
        table.add_row(name, f"{statistics.median(taken[1:]):.3f}", f"{min(taken[1:]):.3f}")
    Console(width=110).print(table)


def _alone(knob: str) -> AugmentConfig:
    return AugmentConfig(**OFF | {knob: getattr(DEFAULTS, knob)})


def _own(crops: Tensor, config: AugmentConfig) -> Callable[[int], Tensor]:
    augmentation, seeds = Augmentation(config), np.arange(len(crops))
    return lambda turn: augmentation(crops, seeds + turn * len(crops))


def _peer(crops: Tensor, config: AugmentConfig) -> Callable[[int], Tensor]:
    """The nearest that torchvision has, crop by crop; it has no balance of colours, so this does less."""
    size = crops.shape[-1]
    steps: list[v2.Transform] = [v2.RandomHorizontalFlip(config.mirror)]
    if config.scale:
        scale = (1 - config.scale, 1 + config.scale)
        shift = (config.shift / size, config.shift / size)
        steps.append(v2.RandomAffine(0, shift, scale, interpolation=v2.InterpolationMode.BILINEAR))
    elif config.shift:
        steps.append(v2.RandomCrop(size, padding=config.shift, padding_mode="edge"))
    steps.append(v2.ColorJitter(config.brightness, config.contrast, config.saturation))
    if config.grey:
        steps.append(v2.RandomGrayscale(config.grey))
    if config.blur:
        steps.append(v2.RandomApply([v2.GaussianBlur(9, config.blur_sigma)], config.blur))
    if config.downscale:
        half = [v2.Resize(size // 2, antialias=True), v2.Resize(size, antialias=True)]
        steps.append(v2.RandomApply(half, config.downscale))
    if config.jpeg:
        steps.append(v2.RandomApply([v2.JPEG(config.jpeg_quality)], config.jpeg))
    if config.occlusion:
        steps.append(v2.RandomErasing(config.occlusion, config.occlusion_area, (0.5, 2), value=128))
    transform = v2.Compose(steps)
    return lambda _: torch.stack([transform(crop) for crop in crops])


def _crops(data: Path | None, count: int) -> Tensor:
    """(count, 3, size, size) uint8, laid out as the data set gives them."""
    if data is not None:
        dataset = CropDataset(data)
        return dataset[np.arange(count) % len(dataset)].crops
    with tempfile.TemporaryDirectory() as name:
        paths = sorted(small_photographs(Path(name)).rglob("*.jpg"))
        faces = [cv2.resize(cv2.imread(str(path))[50:200, 50:200, ::-1], (112, 112)) for path in paths]
    images = np.stack([faces[index % len(faces)] for index in range(count)])
    return torch.from_numpy(images.transpose(0, 3, 1, 2))


if __name__ == "__main__":
    typer.run(print_table)
