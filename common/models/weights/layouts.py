"""How published weights are laid out, and what colour order each layout was trained on."""

from dataclasses import dataclass
from typing import Literal

Colour = Literal["RGB", "BGR"]

# Wrappers that say nothing of where weights come from: torch's own, for several devices and for compiling.
_NEUTRAL = ("module", "_orig_mod")


@dataclass(frozen=True)
class Layout:
    """A way of publishing weights."""

    name: str
    colour: Colour
    description: str  # for people


# AdaFace trains on what cv2.imread gives, hence BGR, and its Lightning checkpoints keep the network under
# `model.`: https://github.com/mk-minchul/AdaFace, `to_input` in inference.py.
ADAFACE = Layout("adaface", "BGR", "AdaFace's Lightning checkpoint")

# CVLFace keeps it under `net.` (on the hub `model.net.`), with `color_space: RGB` in its configurations:
# https://github.com/mk-minchul/CVLface, models/iresnet/configs.
CVLFACE = Layout("cvlface", "RGB", "CVLFace")

# https://github.com/deepinsight/insightface/tree/master/recognition/arcface_torch
ARCFACE_TORCH = Layout("arcface_torch", "RGB", "insightface's arcface_torch")

# Nothing in the file tells the colour: RGB, as facetrust's own and face.evoLVe's are; `--colour` overrides.
PLAIN = Layout("plain", "RGB", "a plain state_dict")

# A checkpoint of facetrust, which says itself what it wants.
FACETRUST = Layout("facetrust", "RGB", "a facetrust checkpoint")

# A masked pre-training of facetrust; no head is in it.
PRETRAINED = Layout("pretrained", "RGB", "a pre-training of facetrust")

# No file at all.
RANDOM = Layout("random", "RGB", "random weights")


def layout_of(backbone: str, prefix: str) -> Layout:
    """The layout of a backbone's weights, whose keys start with `prefix` in their file."""
    if backbone.startswith("iresnet_"):
        return ARCFACE_TORCH
    if backbone.startswith("ir_"):
        words = [word for word in prefix.split(".") if word and word not in _NEUTRAL]
        if words[-1:] == ["net"]:
            return CVLFACE
        if words == ["model"]:
            return ADAFACE
    return PLAIN
