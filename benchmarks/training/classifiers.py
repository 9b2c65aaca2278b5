"""The training of classifiers beside its limit: forward, backward and step on a tensor that is ready."""

import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from lightning_fabric import Fabric
from rich.table import Table
from torch.nn import functional
from torch.optim import AdamW

from benchmarks.training.crops import write_crops
from benchmarks.training.turns import NOTHING_BESIDE, take_turns
from common.models.classifier import Classifier, classifier_input
from train.distributed.synchronise import synchronise
from train.load_config import load_config
from train.tasks.classification.config import ClassifierConfig

TRAINED = (("sqnxt20_w1.2", 128), ("timm:resnet18", 112))  # network, pixels


class ReadyClassifier:
    """A classifier and a batch, both in memory."""

    def __init__(self, network: str, pixels: int, size: int) -> None:
        torch.manual_seed(0)
        self._classifier = Classifier(network, classifier_input(network, pixels)).train()
        synchronise(self._classifier, Fabric(accelerator="cpu", devices=1))
        self._optimiser = AdamW(self._classifier.parameters(), 1e-4, fused=True)
        self._crops = torch.randint(0, 256, (size, 3, pixels, pixels), dtype=torch.uint8)
        self._synthetic = (torch.arange(size) % 2).float()

    def seconds(self, steps: int) -> float:
        """Seconds for this many steps."""
        start = time.perf_counter()
        for _ in range(steps):
            loss = functional.binary_cross_entropy_with_logits(self._classifier(self._crops), self._synthetic)
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
        return time.perf_counter() - start


def classifier_table(network: str, pixels: int, size: int, steps: int, turns: int) -> Table:
    """Images a second of `train classifier` with its default augmentation, and of the limit, by turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = write_crops(folder / "shards", size=pixels)
        own = {key: value for key, value in NOTHING_BESIDE.items() if key != "validation.pairs_per_category"}
        changes = {
            "data": data,
            "out": folder / "logs",
            "backbone": network,
            "size": pixels,
            "epochs": (steps * turns + 5) * size // 600 + 1,
            "batch.size": size,
            "same_pictures": False,
        }
        config = load_config(ClassifierConfig, None, changes | own)
        seconds = take_turns(config, {"limit": ReadyClassifier(network, pixels, size)}, steps)
    ratio = median(limit / loop for loop, limit in zip(seconds["loop"], seconds["limit"], strict=True))
    threads = torch.get_num_threads()
    table = Table("way", "images/s", "of the limit", title=f"{network} at {pixels} px, {threads} threads")
    for name, of_limit in (("loop", f"{ratio:.3f}"), ("limit", "1")):
        rate = size * steps / median(seconds[name])
        told = "train classifier: shards, augmentation, loop" if name == "loop" else "ready tensor"
        table.add_row(told, f"{rate:.1f}", of_limit)
    return table
