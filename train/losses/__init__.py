"""Losses by name: what `--loss` takes."""

from train.losses.base import EmbeddedBatch, FaceLoss
from train.losses.registry import LOSSES, LossConfig, create_loss

__all__ = ["LOSSES", "EmbeddedBatch", "FaceLoss", "LossConfig", "create_loss"]
