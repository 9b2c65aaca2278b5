"""Manipulations: what turns a captured photograph into a synthetic one, by family name."""

from align.sample.manipulations.insertion import Manipulation
from align.sample.manipulations.reblend import reblend
from align.sample.manipulations.reenact import reenact
from align.sample.manipulations.smoothwarp import smoothwarp
from align.sample.manipulations.upsampling import upsampling

MANIPULATIONS: dict[str, Manipulation] = {
    "reblend": reblend,
    "upsampling": upsampling,
    "smoothwarp": smoothwarp,
    "reenact": reenact,
}
TRAIN_FAMILIES: tuple[str, ...] = ("reblend", "upsampling", "smoothwarp")
TEST_ONLY_FAMILIES: tuple[str, ...] = ("reenact",)

__all__ = ["MANIPULATIONS", "TEST_ONLY_FAMILIES", "TRAIN_FAMILIES", "Manipulation"]
