"""Losses by name: what `--loss` takes."""

from train.losses.base import FaceLoss
from train.losses.registry import LOSSES, LossConfig, create_loss

__all__ = ["LOSSES", "FaceLoss", "LossConfig", "create_loss"]
