"""Names of the parameters of TitanNet, a ConvNeXt V2 as it is published for crops of nine channels."""

import re
from collections.abc import Mapping

from torch import Tensor

# published, and in timm; letters are numbers of stages, blocks and layers
TABLE = (
    ("downsamples.0.b", "stem.b"),
    ("downsamples.a.b", "stages.a.downsample.b"),
    ("stages.a.b.dwconv", "stages.a.blocks.b.conv_dw"),
    ("stages.a.b.norm", "stages.a.blocks.b.norm"),
    ("stages.a.b.pwconv1", "stages.a.blocks.b.mlp.fc1"),
    ("stages.a.b.grn.gamma", "stages.a.blocks.b.mlp.grn.weight"),
    ("stages.a.b.grn.beta", "stages.a.blocks.b.mlp.grn.bias"),
    ("stages.a.b.pwconv2", "stages.a.blocks.b.mlp.fc2"),
    ("norm", "head.norm"),
    ("head", "head.fc"),
)
STEM = "downsamples.0.0.weight"  # no other network has it
GRN = re.compile(r".*\.grn\.(gamma|beta|weight|bias)")


def has_titan_names(tensors: Mapping[str, Tensor]) -> bool:
    """Whether tensors have the published names."""
    return STEM in tensors


def from_titan(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors in timm's names; those of other names stay as they are."""
    return {
        _renamed(name, 0): tensor.reshape(-1) if GRN.fullmatch(name) else tensor
        for name, tensor in tensors.items()
    }


def to_titan(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors in the published names of those in timm's, without or with a layer of classes."""
    return {
        _renamed(name, 1): tensor.reshape(1, 1, 1, -1) if GRN.fullmatch(name) else tensor
        for name, tensor in tensors.items()
    }


def _renamed(name: str, column: int) -> str:
    for entry in TABLE:
        found = re.fullmatch(_pattern(entry[column]), name)
        if found is not None:
            numbers = found.groupdict()
            parts = [numbers.get(part, part) for part in entry[1 - column].split(".")]
            return ".".join(parts) + numbers["rest"]
    return name


def _pattern(template: str) -> str:
    parts = [rf"(?P<{part}>\d+)" if part in ("a", "b") else part for part in template.split(".")]
    return r"\.".join(parts) + r"(?P<rest>(?:\.(?:weight|bias))?)"
