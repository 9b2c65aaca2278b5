"""Losses by name: what `--loss` takes. Names are imported at their first use, since torch comes with them."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from train.losses.base import EmbeddedBatch, FaceLoss
    from train.losses.config import LossConfig
    from train.losses.create import create_loss
    from train.losses.registry import LOSSES

__all__ = ["LOSSES", "EmbeddedBatch", "FaceLoss", "LossConfig", "create_loss"]
_HOMES = dict(zip(__all__, ("registry", "base", "base", "config", "create"), strict=True))


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'train.losses' has no attribute '{name}'")
    return getattr(import_module(f"train.losses.{_HOMES[name]}"), name)
