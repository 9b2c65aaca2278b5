"""Data set of training crops: augmented, some forged, with labels from 0."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from train.augment.augmentation import Augmentation
from train.data.batches import BatchPlan
from train.data.dataset import CropBatch, CropDataset
from train.data.forging import BatchForging


class TrainingCrops(Dataset[CropBatch]):
    """Varied crops with the labels of training. It is indexed by a plan and answers with a whole batch.

    Args:
        dataset: the crops.
        labels: (N,) int64, the identity of each; those trained on count from 0.
        synthetic: (N,) bool.
        augmentation: how a crop is varied.
        forging: how forgeries are made, where plans ask for them.
    """

    def __init__(
        self,
        dataset: CropDataset,
        labels: NDArray[np.int64],
        synthetic: NDArray[np.bool_],
        augmentation: Augmentation,
        forging: BatchForging | None = None,
    ) -> None:
        self._dataset = dataset
        self._labels = labels
        self._synthetic = synthetic
        self._augmentation = augmentation
        self._forging = forging

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, plan: BatchPlan) -> CropBatch:
        """The crops of a plan, each forged and varied by its own seed; a forgery keeps its identity."""
        crops = self._dataset[plan.rows].crops
        if self._forging is not None:
            crops = self._forging(crops, plan)
        return CropBatch(
            self._augmentation(crops, plan.seeds),
            torch.from_numpy(self._labels[plan.rows]),
            torch.from_numpy(self._synthetic[plan.rows] | plan.forged),
        )
