"""Forgeries of crops, made while a batch is read."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.forge.chance import Chance
from common.forge.crop_forger import CropForger
from common.forge.forger import Forger
from common.forge.post_processing import post_processed
from train.data.batches import BatchPlan
from train.data.dataset import CropBatch, CropDataset, FaceCrops
from train.data.forging_config import ForgeConfig

POST_PROCESSING = 1 << 32  # keeps its chance apart from that of the forgeries, whose attempts are few
VALIDATION_SEED = 0x5EED


@dataclass(frozen=True)
class BatchForging:
    """Transform that makes forgeries of chosen crops of a batch, and post-processes some of all.

    Args:
        forger: of the data set, with partners among the people trained on.
        config: what the configuration says.
    """

    forger: CropForger
    config: ForgeConfig

    def __call__(self, crops: Tensor, plan: BatchPlan) -> Tensor:
        """The crops (B, 3, size, size) uint8 with those of `plan.forged` forged, each by its own seed."""
        images = crops.numpy().transpose(0, 2, 3, 1).copy()
        for place, (row, seed) in enumerate(zip(plan.rows.tolist(), plan.seeds.tolist(), strict=True)):
            if plan.forged[place]:
                images[place] = self.forger.forge(row, seed).forgery.image
            post_process(images[place], seed, self.config)
        return torch.from_numpy(images.transpose(0, 3, 1, 2))


def post_process(image: NDArray[np.uint8], seed: int, config: ForgeConfig) -> None:
    """The post-processing of a crop (size, size, 3) in its place, where its seed wants some."""
    chance = Chance([seed, POST_PROCESSING])
    if chance.happens("post_processing", config.post_processing):
        image[:] = post_processed(image, chance)


class WithForgeries(FaceCrops):
    """The crops of a data set and, as further rows, one forgery of each of some of them.

    Args:
        dataset: N crops.
        forger: of it.
        rows: (M,) what is forged; the forgery of `rows[i]` is row N + i.
    """

    def __init__(self, dataset: CropDataset, forger: CropForger, rows: NDArray[np.int64]) -> None:
        self._dataset = dataset
        self._forger = forger
        self.rows = rows
        self.identity_names = dataset.identity_names
        self.identities = np.concatenate([dataset.identities, dataset.identities[rows]])
        self.synthetic = np.concatenate([dataset.synthetic, np.ones(len(rows), np.bool_)])

    @property
    def forgeries(self) -> int:
        """How many there are."""
        return len(self.rows)

    def __getitem__(self, rows: NDArray[np.int64]) -> CropBatch:
        """See `FaceCrops`."""
        own = len(self._dataset)
        is_forged = rows >= own
        source = rows.copy()
        source[is_forged] = self.rows[rows[is_forged] - own]
        crops = self._dataset[source].crops
        for place in np.flatnonzero(is_forged).tolist():
            forged = self._forger.forge(int(source[place]), VALIDATION_SEED + int(source[place])).forgery
            crops[place] = torch.from_numpy(forged.image.transpose(2, 0, 1))
        return CropBatch(
            crops, torch.from_numpy(self.identities[rows]), torch.from_numpy(self.synthetic[rows])
        )


def forgeable_crops(dataset: CropDataset) -> NDArray[np.bool_]:
    """Which crops a forgery can be made of, (N,): bona fide ones whose landmarks are known."""
    return ~dataset.synthetic & np.isfinite(dataset.landmarks).all(axis=(1, 2))


def batch_forging(
    dataset: CropDataset, forgeable: NDArray[np.bool_], trained: NDArray[np.int64], config: ForgeConfig
) -> BatchForging:
    """What forges the batches of a run: partners are among the rows trained on."""
    return BatchForging(_forger(dataset, trained[forgeable[trained]], config), config)


def with_forgeries(
    dataset: CropDataset, forgeable: NDArray[np.bool_], held_out: NDArray[np.bool_], config: ForgeConfig
) -> WithForgeries:
    """The data set and a forgery of each crop of the people held out who have no synthetic crop.

    Their partners are held out as well. `forgeable` and `held_out` are (N,), by crop.
    """
    has_synthetic = np.isin(dataset.identities, np.unique(dataset.identities[dataset.synthetic]))
    rows = np.flatnonzero(held_out & ~has_synthetic & forgeable)
    return WithForgeries(dataset, _forger(dataset, np.flatnonzero(held_out & forgeable), config), rows)


def _forger(dataset: CropDataset, partners: NDArray[np.int64], config: ForgeConfig) -> CropForger:
    return CropForger(Forger(config.methods), dataset.landmarks, dataset.identities, partners, dataset.image)
