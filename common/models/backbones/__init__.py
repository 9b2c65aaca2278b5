"""Backbones by name: networks that map a normalised face crop to an embedding."""

from common.models.backbones.network import FACE_SIZE, Backbone
from common.models.backbones.registry import (
    BACKBONES,
    check_backbone_name,
    create_backbone,
    stated_normalisation,
)
from common.models.backbones.sizes import check_size

__all__ = [
    "BACKBONES",
    "FACE_SIZE",
    "Backbone",
    "check_backbone_name",
    "check_size",
    "create_backbone",
    "stated_normalisation",
]
