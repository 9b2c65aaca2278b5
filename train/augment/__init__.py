"""Augmentation of training crops, each by a seed of its own."""

from train.augment.augmentation import Augmentation
from train.augment.config import AugmentConfig

__all__ = ["AugmentConfig", "Augmentation"]
