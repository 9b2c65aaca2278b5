"""Manipulations: what turns a captured photograph into a synthetic one, by family name."""

from facetrust.sample.manipulations.insertion import Manipulation
from facetrust.sample.manipulations.reblend import reblend
from facetrust.sample.manipulations.reenact import reenact
from facetrust.sample.manipulations.smoothwarp import smoothwarp
from facetrust.sample.manipulations.upsampling import upsampling

MANIPULATIONS: dict[str, Manipulation] = {
    "reblend": reblend,
    "upsampling": upsampling,
    "smoothwarp": smoothwarp,
    "reenact": reenact,
}
TRAIN_FAMILIES: tuple[str, ...] = ("reblend", "upsampling", "smoothwarp")
TEST_ONLY_FAMILIES: tuple[str, ...] = ("reenact",)

__all__ = ["MANIPULATIONS", "TEST_ONLY_FAMILIES", "TRAIN_FAMILIES", "Manipulation"]
