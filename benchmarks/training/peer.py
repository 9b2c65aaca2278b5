"""What a user writes without facetrust: one crop at a time through torchvision, and a usual loop."""

import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import AdamW
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from common.models.backbones import create_backbone
from train.losses.base import EmbeddedBatch
from train.losses.dynamic_margin import DynamicMarginLoss


class OneByOne(Dataset[tuple[Tensor, int, bool]]):
    """Crops of a shard, each read and varied on its own."""

    def __init__(self, shard: Path) -> None:
        self._shard = shard
        with h5py.File(shard) as file:
            names = [name.decode() for name in file["identity"][:]]
            self._synthetic = [bool(flag) for flag in file["synthetic"][:]]
        order = sorted(set(names))
        self._labels = [order.index(name) for name in names]
        self._file: h5py.File | None = None
        self._vary = v2.Compose(
            [
                v2.RandomHorizontalFlip(),
                v2.RandomResizedCrop(112, scale=(0.8, 1.0), ratio=(1.0, 1.0), antialias=True),
                v2.ColorJitter(0.2, 0.2, 0.2),
                v2.RandomApply([v2.GaussianBlur(5, (0.4, 1.5))], 0.1),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.5] * 3, [0.5] * 3),
            ]
        )

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, row: int) -> tuple[Tensor, int, bool]:
        if self._file is None:
            self._file = h5py.File(self._shard)
        crop = torch.from_numpy(self._file["images"][row]).permute(2, 0, 1)
        return self._vary(crop), self._labels[row], self._synthetic[row]


class UsualLoop:
    """The backbone as torch has it, a shuffling loader with two workers, AdamW."""

    def __init__(self, shard: Path, backbone: str, size: int) -> None:
        torch.manual_seed(0)
        self._network = create_backbone(backbone).train()
        self._optimiser = AdamW(self._network.parameters(), 1e-4)
        self._loss = DynamicMarginLoss()
        self._loader = DataLoader(
            OneByOne(shard),
            size,
            shuffle=True,
            drop_last=True,
            num_workers=2,
            persistent_workers=True,
            multiprocessing_context="spawn",
        )
        self._batches = self._endless()

    def seconds(self, steps: int) -> float:
        """Seconds for this many steps."""
        start = time.perf_counter()
        for _ in range(steps):
            images, labels, synthetic = next(self._batches)
            features = self._network(images)
            embeddings = functional.normalize(features, dim=1)
            loss = self._loss(EmbeddedBatch(embeddings, features.norm(dim=1), labels, synthetic))
            self._optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), 5)
            self._optimiser.step()
            loss.item()
        return time.perf_counter() - start

    def _endless(self) -> Iterator[list[Tensor]]:
        while True:
            yield from self._loader
