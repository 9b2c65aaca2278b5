"""Forgeries of whole tracks, made while a batch is read."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.forge.forger import Forger
from common.forge.frames import Seen, forged_frames, side_of
from common.forge.partners import Partners
from train.data.batches import BatchPlan
from train.data.dataset import CropDataset
from train.data.forging import VALIDATION_SEED, post_process
from train.data.forging_config import ForgeConfig, ForgeSeed

SMALLEST, LARGEST = 64, 512  # pixels of the crop that is forged


@dataclass(frozen=True)
class TrackForging:
    """Transform that makes forgeries of chosen tracks of a batch, and post-processes some of all.

    The method and the other face of a swap are a track's. Post-processing is what happens to a video as a
    whole, the same in all frames whoever is forged in them.

    Args:
        dataset: the crops.
        partners: whose faces may be put in.
        config: what the configuration says.
        seed_of: whether a clip has one seed, or each frame its own, so that the forgery flickers.
    """

    dataset: CropDataset
    partners: Partners
    config: ForgeConfig
    seed_of: ForgeSeed

    def __call__(self, crops: Tensor, tracks: Sequence[NDArray[np.int64]], plan: BatchPlan) -> Tensor:
        """The crops (M, 3, size, size) uint8 of tracks, rows each, with those of `plan.forged` forged."""
        images = crops.numpy().transpose(0, 2, 3, 1).copy()
        end = 0
        for rows, seed, forged in zip(tracks, plan.seeds.tolist(), plan.forged.tolist(), strict=True):
            own = images[end : end + len(rows)]
            end += len(rows)
            if forged:
                own[:] = self.forge(own, rows, seed)
            for image in own:
                post_process(image, seed, self.config)
        return torch.from_numpy(images.transpose(0, 3, 1, 2))

    def forge(
        self, images: NDArray[np.uint8], rows: NDArray[np.int64], seed: int | None = None
    ) -> NDArray[np.uint8]:
        """The crops (K, size, size, 3) of a track forged; without a seed, by that of validation."""
        seed = VALIDATION_SEED + int(rows[0]) if seed is None else seed
        forger = Forger(self.config.methods)
        landmarks = self.dataset.landmarks[rows].astype(np.float64)
        partner = self.partners.of(int(rows[0]), seed) if forger.takes_partner(seed) else None
        donor = None
        if partner is not None:
            donor = Seen(self.dataset.image(partner), self.dataset.landmarks[partner].astype(np.float64))
        seeds = [seed] * len(rows)
        if self.seed_of == "frame":
            seeds = np.random.SeedSequence(seed).generate_state(len(rows)).tolist()
        side = int(np.clip(round(side_of(landmarks)), SMALLEST, LARGEST))
        seen = list(map(Seen, images, landmarks))
        return np.stack(forged_frames(seen, donor, forger.method(seed), seeds, side))
