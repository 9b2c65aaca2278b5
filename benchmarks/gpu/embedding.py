"""Embeddings in float32: the same on both devices."""

import copy
from collections.abc import Iterator

import torch

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from common.models.encoder import Encoder

LIMIT = 1e-5  # of a coordinate of a unit vector; with TF32 it is 1e-4 to 1e-3


def embedding(setting: Setting) -> Iterator[Finding]:
    """The largest difference between a CPU's embeddings and the device's."""
    torch.manual_seed(0)
    for backbone in ("ir_lite",) if setting.tiny else ("ir_18", "ir_101"):
        encoder = Encoder(backbone).eval()
        crops = torch.randint(0, 256, (8, 3, 112, 112), dtype=torch.uint8)
        there = copy.deepcopy(encoder).to(setting.device).embed(crops.to(setting.device)).cpu()
        difference = (encoder.embed(crops) - there).abs().max().item()
        yield Finding(
            f"{backbone}: embedding on the CPU against {setting.device}",
            f"{difference:.1e}",
            f"at most {LIMIT:.0e}",
            difference <= LIMIT,
        )
