"""Images a second of a network on a GPU by ways that each have a name: ready tensors, and a real run."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.optim import AdamW
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training.peaks import peak_of
from benchmarks.training.ready import ReadyTensor, embedded
from benchmarks.training.real_run import real_run
from common.models.backbones import create_backbone
from train.distributed.devices import open_fabric
from train.losses.dynamic_margin import DynamicMarginLoss
from train.run_config import HardwareConfig

BACKBONE, BATCH, STEPS, WARM_UP = "ir_101", 256, 20, 3


@dataclass(frozen=True)
class WayFigures:
    """What one way to train comes to on a GPU."""

    way: str
    images: float  # a second
    share_of_peak: float | None  # of the arithmetic in half precision; None where the peak is not known
    memory: float  # gigabytes at most
    first_steps: float  # seconds until the first ones were done: tuning, and compiling where that is done
    waiting: float | None = None  # share of the time that data was waited for


def measure_gpu(data: Path, out: Path) -> list[WayFigures]:
    """All ways, one after the other: a compiled and an eager network together leave the memory of neither."""
    return [
        ready_figures("facetrust's step on a ready tensor, eager", lambda: _ready(None)),
        ready_figures("the same, compiled", lambda: _ready("inductor")),
        ready_figures("plain float16 loop on a ready tensor", _Plain),
        run_figures(data, out),
    ]


def ready_figures(
    way: str, make: Callable[[], Any], backbone: str = BACKBONE, size: int = BATCH, steps: int = STEPS
) -> WayFigures:
    """The figures of something whose `seconds(steps)` takes steps on a tensor that is ready on the GPU.

    On a CPU memory is 0 and the peak not known.
    """
    empty_memory()
    began = time.perf_counter()
    made = make()
    made.seconds(WARM_UP)
    first = time.perf_counter() - began
    images = steps * size / made.seconds(steps)
    return WayFigures(way, images, _share(images, backbone), _memory(), first)


def run_figures(data: Path, out: Path, backbone: str = BACKBONE, size: int = BATCH) -> WayFigures:
    """The figures of `train run` over shards: loader, augmentation and loop."""
    empty_memory()
    found = real_run(data, out, backbone, size, STEPS)
    share = _share(found.images, backbone)
    return WayFigures(
        "train run: shards, augmentation, loop", found.images, share, _memory(), found.first, found.waiting
    )


def _ready(compiler: str | None) -> ReadyTensor:
    fabric = open_fabric(HardwareConfig(accelerator="cuda"))
    return ReadyTensor(fabric, BACKBONE, BATCH, own_modules=True, compiler=compiler)


class _Plain:
    """A loop in float16 as torch's documentation has it."""

    def __init__(self) -> None:
        self.crops = torch.randint(0, 256, (BATCH, 3, 112, 112), dtype=torch.uint8, device="cuda")
        self.identities = torch.arange(BATCH, device="cuda") // 8
        self.synthetic = torch.arange(BATCH, device="cuda") % 3 == 0
        self.loss = DynamicMarginLoss()
        self.network = create_backbone(BACKBONE).cuda().train()
        self.optimiser = AdamW(self.network.parameters(), 1e-4)
        self.scaler = torch.amp.GradScaler("cuda")

    def seconds(self, steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            images = (self.crops.float() - 127.5) / 127.5
            with torch.autocast("cuda", torch.float16):
                features = self.network(images)
            loss = self.loss(embedded(features, self.identities, self.synthetic))
            self.optimiser.zero_grad()
            self.scaler.scale(loss).backward()
            self.scaler.unscale_(self.optimiser)
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5)
            self.scaler.step(self.optimiser)
            self.scaler.update()
        torch.cuda.synchronize()
        return time.perf_counter() - start


def empty_memory() -> None:
    """Give back what nothing refers to any more on the GPU, and forget how much there was."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def _memory() -> float:
    return torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else 0.0


def _share(images: float, backbone: str) -> float | None:
    peak = peak_of(torch.cuda.get_device_name()) if torch.cuda.is_available() else None
    return images * operations_per_image(backbone) / peak if peak else None


def operations_per_image(backbone: str) -> float:
    """Multiplications and additions of forward and backward, for one image."""
    network = create_backbone(backbone).train()
    images = torch.randn(2, 3, 112, 112)
    with FlopCounterMode(display=False) as counter:
        network(images).sum().backward()
    return counter.get_total_flops() / 2
