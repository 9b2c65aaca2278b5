"""`python benchmarks/train.py`: what it measures and prints."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated

import torch
import typer
from lightning_fabric import Fabric
from rich.console import Console
from rich.table import Table

from benchmarks.training.crops import people_for, write_crops
from benchmarks.training.gpu import BACKBONE, BATCH, WayFigures, measure_gpu
from benchmarks.training.peer import UsualLoop
from benchmarks.training.ready import ReadyTensor
from benchmarks.training.turns import WARM_UP, loop_config, take_turns

GPU_PEOPLE = 1024  # with crops for some forty batches
NAMES = {
    "loop": "facetrust: shards, augmentation, loop",
    "limit": "limit: ready tensor",
    "torch": "ready tensor, torch's own batch norm",
    "peer": "usual PyTorch loop, two workers",
}


def print_tables(
    backbone: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    size: Annotated[int, typer.Option(help="Crops a batch.")] = 32,
    steps: Annotated[int, typer.Option(help="Steps a turn.")] = 8,
    turns: Annotated[int, typer.Option(help="Turns of each way.")] = 5,
) -> None:
    """Images a second of the loop, its peer and its limit, by turns in one run."""
    console = Console(highlight=False)
    for name in backbone or ["mobilefacenet", "ir_18"]:
        with tempfile.TemporaryDirectory() as folder:
            console.print(_table(name, _measured(name, size, steps, turns, Path(folder)), size * steps))
    if torch.cuda.is_available():
        with tempfile.TemporaryDirectory() as folder:
            data = write_crops(Path(folder) / "shards", GPU_PEOPLE)
            console.print(_gpu_table(measure_gpu(data, Path(folder) / "logs")))
    else:
        console.print("No GPU: IR-101 at batch 256 was not measured.")


def _gpu_table(ways: list[WayFigures]) -> Table:
    columns = "way", "images/s", "of its peak", "memory at most", "until it runs", "waiting for data"
    table = Table(*columns, title=f"{torch.cuda.get_device_name()}: {BACKBONE}, batch {BATCH}")
    for found in ways:
        table.add_row(
            found.way,
            f"{found.images:,.0f}",
            "not known" if found.share_of_peak is None else f"{found.share_of_peak:.1%}",
            f"{found.memory:.1f} GB",
            f"{found.first_steps:.0f} s",
            "-" if found.waiting is None else f"{found.waiting:.0%}",
        )
    return table


def _measured(backbone: str, size: int, steps: int, turns: int, folder: Path) -> dict[str, list[float]]:
    data = write_crops(folder / "shards", people_for((steps * turns + WARM_UP) * size))
    fabric = Fabric(accelerator="cpu", devices=1)
    others = {
        "limit": ReadyTensor(fabric, backbone, size, own_modules=True),
        "torch": ReadyTensor(fabric, backbone, size, own_modules=False),
        "peer": UsualLoop(data / "shard-00000.h5", backbone, size),
    }
    config = loop_config(data, folder / "logs", backbone, size, steps * turns + 5)
    return take_turns(config, others, steps)


def _table(backbone: str, seconds: dict[str, list[float]], images: int) -> Table:
    table = Table("way", "images/s", "loop over it", title=f"{backbone}, {torch.get_num_threads()} threads")
    for name, turns in seconds.items():
        # of neighbouring turns: a machine that others use as well changes its pace
        ratio = median(other / loop for loop, other in zip(seconds["loop"], turns, strict=True))
        table.add_row(NAMES[name], f"{images / median(turns):.1f}", f"{ratio:.3f}")
    return table
