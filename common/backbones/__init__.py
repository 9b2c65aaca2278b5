"""Backbones by name: networks that map a normalised 112x112 face crop to an embedding."""

from common.backbones.registry import BACKBONES, create_backbone

__all__ = ["BACKBONES", "create_backbone"]
