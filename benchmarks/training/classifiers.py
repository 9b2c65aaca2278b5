"""The training of classifiers, and their pre-training, beside the limit: steps on a tensor that is ready."""

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from lightning_fabric import Fabric
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW

from benchmarks.training.crops import people_for, write_crops
from benchmarks.training.turns import NOTHING_BESIDE, WARM_UP, take_turns
from common.models.classifier import Classifier, classifier_input
from common.models.plane_names import RGB, PlaneName
from train.distributed.synchronise import synchronise
from train.load_config import load_config
from train.run_config import RunConfig
from train.tasks.classification.config import ClassifierConfig
from train.tasks.pretraining.config import PretrainConfig
from train.tasks.pretraining.masks import Masking
from train.tasks.pretraining.network import MaskedAutoencoder

ALL: tuple[PlaneName, ...] = ("rgb", "spectrum", "srm")
ATTO, ATTO_PIXELS = "timm:convnextv2_atto", 96
PATCH = 16  # pixels of a side of a masked place
# network, pixels, planes
TRAINED = (("sqnxt20_w1.2", 128, RGB), ("timm:resnet18", 112, RGB), (ATTO, ATTO_PIXELS, ALL))


class ReadySteps:
    """A network and a loss of it, on a batch that is in memory already."""

    def __init__(self, network: nn.Module, loss: Callable[[], Tensor]) -> None:
        self._loss = loss
        synchronise(network.train(), Fabric(accelerator="cpu", devices=1))
        self._optimiser = AdamW(network.parameters(), 1e-4, fused=True)

    def seconds(self, steps: int) -> float:
        """Seconds for this many steps."""
        start = time.perf_counter()
        for _ in range(steps):
            loss = self._loss()
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
        return time.perf_counter() - start


def classifier_table(
    network: str, pixels: int, size: int, steps: int, turns: int, planes: Sequence[PlaneName] = RGB
) -> Table:
    """Images a second of `train classifier` with its default augmentation, and of the limit, by turns."""
    torch.manual_seed(0)
    ready = Classifier(network, classifier_input(network, pixels, planes), planes=planes)
    crops = _crops(size, pixels)
    synthetic = (torch.arange(size) % 2).float()
    steps_of = ReadySteps(ready, lambda: functional.binary_cross_entropy_with_logits(ready(crops), synthetic))
    own = {"backbone": network, "size": pixels, "planes": planes, "batch.size": size}
    return _table(ClassifierConfig, own, steps_of, steps, turns)


def pretraining_table(
    network: str, pixels: int, size: int, steps: int, turns: int, planes: Sequence[PlaneName] = RGB
) -> Table:
    """Images a second of `train pretrain`, and of the limit, by turns."""
    torch.manual_seed(0)
    ready = MaskedAutoencoder(network, classifier_input(network, pixels, planes), planes)
    crops = _crops(size, pixels)
    masks = torch.from_numpy(Masking(pixels // PATCH, 0.6)(torch.arange(size).numpy()))

    def loss() -> Tensor:
        wrong, masked = ready(crops, masks).sum(0)
        return wrong / masked

    own = {"backbone": network, "size": pixels, "planes": planes, "batch.size": size, "patch": PATCH}
    return _table(PretrainConfig, own, ReadySteps(ready, loss), steps, turns)


def _crops(size: int, pixels: int) -> Tensor:
    return torch.randint(0, 256, (size, 3, pixels, pixels), dtype=torch.uint8)


def _table(kind: type[RunConfig], own: dict[str, Any], limit: ReadySteps, steps: int, turns: int) -> Table:
    size, pixels = own["batch.size"], own["size"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        beside = {key: value for key, value in NOTHING_BESIDE.items() if "pairs" not in key}
        changes = {
            "data": write_crops(folder / "shards", people_for((steps * turns + WARM_UP) * size), size=pixels),
            "out": folder / "logs",
            "epochs": (steps * turns + 5) * size // 600 + 1,
            "same_pictures": False,
        }
        config = load_config(kind, None, changes | beside | own)
        seconds = take_turns(config, {"limit": limit}, steps)
    ratio = median(ready / loop for loop, ready in zip(seconds["loop"], seconds["limit"], strict=True))
    title = f"{own['backbone']} at {pixels} px, {','.join(own['planes'])}, {torch.get_num_threads()} threads"
    table = Table("way", "images/s", "of the limit", title=title)
    for name, of_limit in (("loop", f"{ratio:.3f}"), ("limit", "1")):
        rate = size * steps / median(seconds[name])
        told = f"{kind.command}: shards, augmentation, loop" if name == "loop" else "ready tensor"
        table.add_row(told, f"{rate:.1f}", of_limit)
    return table
