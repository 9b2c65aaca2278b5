"""Losses by name: what `--loss` takes."""

from train.losses.base import FaceLoss
from train.losses.dynamic_margin import DynamicMarginLoss

LOSSES: dict[str, type[FaceLoss]] = {"dynamic_margin": DynamicMarginLoss}

__all__ = ["LOSSES", "DynamicMarginLoss", "FaceLoss"]
