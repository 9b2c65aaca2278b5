"""Variation of training crops, each by its own seed."""

from train.augment.augmentation import Augmentation
from train.augment.config import AugmentConfig

__all__ = ["AugmentConfig", "Augmentation"]
