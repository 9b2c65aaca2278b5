"""The limit: forward, backward and step on a tensor that is ready, with nothing around them."""

import time

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW

from common.models.encoder import Encoder
from train.distributed.synchronise import synchronise
from train.losses.base import EmbeddedBatch
from train.losses.dynamic_margin import DynamicMarginLoss


def embedded(features: Tensor, identities: Tensor, synthetic: Tensor) -> EmbeddedBatch:
    """The batch that a loss takes, from what an encoder gives, (N, D), and the labels, (N,)."""
    features = features.float()
    return EmbeddedBatch(functional.normalize(features, dim=1), features.norm(dim=1), identities, synthetic)


class ReadyTensor:
    """An encoder and a batch, both on the device, in the precision of a Fabric.

    Args:
        own_modules: with the modules that training exchanges, or as torch has them.
        compiler: of torch.compile, such as inductor, which works at the first step; None for none.
    """

    def __init__(
        self, fabric: Fabric, backbone: str, size: int, *, own_modules: bool, compiler: str | None = None
    ) -> None:
        torch.manual_seed(0)
        self._device = fabric.device
        encoder = Encoder(backbone).to(self._device).train()
        if own_modules:
            synchronise(encoder, fabric)
        self._fabric = fabric
        self._optimiser = AdamW(encoder.parameters(), 1e-4, fused=True)
        self._encoder: nn.Module = encoder
        if compiler is not None:
            self._encoder = torch.compile(encoder, backend=compiler)  # type: ignore[assignment]
        self._loss = DynamicMarginLoss()
        self._crops = torch.randint(0, 256, (size, 3, 112, 112), dtype=torch.uint8, device=self._device)
        self._identities = torch.arange(size, device=self._device) // 8
        self._synthetic = torch.arange(size, device=self._device) % 3 == 0

    def seconds(self, steps: int) -> float:
        """Seconds for this many steps."""
        start = time.perf_counter()
        for _ in range(steps):
            with self._fabric.autocast():
                features = self._encoder(self._crops)
            loss = self._loss(embedded(features, self._identities, self._synthetic))
            self._optimiser.zero_grad()
            loss.backward()
            self._optimiser.step()
        if self._device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start
