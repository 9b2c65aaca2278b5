"""What a checkpoint remembers of the synthetic faces that it was trained on."""

import numpy as np
from numpy.typing import NDArray

from common.models.training_facts import SyntheticTraining
from train.data.dataset import CropDataset
from train.data.forging_config import ForgeConfig


def synthetic_training(
    dataset: CropDataset, trained: NDArray[np.int64], config: ForgeConfig
) -> SyntheticTraining:
    """The synthetic crops among the rows trained on, and the methods of forging, offline and on the fly."""
    synthetic = dataset.synthetic[trained]
    made = dataset.forgeries()
    methods = {forged.method for row in trained[synthetic].tolist() if (forged := made[row]) is not None}
    if config.share:
        methods |= set(config.methods)
    return SyntheticTraining(crops=int(synthetic.sum()), methods=tuple(sorted(methods)))
