"""Images a second of IR-101 on a GPU: as facetrust trains it, and as a plain loop in half precision does."""

import time
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric
from torch import nn
from torch.nn import functional
from torch.optim import AdamW
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.training.ready import EmbeddedBatch
from common.models.backbones import create_backbone
from common.models.encoder import Encoder
from train.losses.dynamic_margin import DynamicMarginLoss

BACKBONE, BATCH, STEPS, ROUNDS = "ir_101", 256, 20, 3
# dense bfloat16 with float32 sums, from the data sheets, in operations a second
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "4090": 165e12}


@dataclass(frozen=True)
class GpuFigures:
    """What a GPU does."""

    device: str
    images: float  # a second, bfloat16, compiled, channels-last
    plain_images: float  # a second, float16, neither
    share_of_peak: float | None  # of the arithmetic in bfloat16; None for a GPU whose peak is not known


def measure_gpu() -> GpuFigures:
    """Both ways by turns, the fastest turn of each."""
    torch.backends.cudnn.benchmark = True
    ours, plain = _ours(), _Plain()
    rates: dict[str, float] = {"ours": 0.0, "plain": 0.0}
    for _ in range(ROUNDS):
        for name, step in (("ours", ours), ("plain", plain)):
            rates[name] = max(rates[name], _rate(step))
    device = torch.cuda.get_device_name()
    peak = next((value for name, value in PEAKS.items() if name in device), None)
    share = rates["ours"] * _operations_per_image() / peak if peak else None
    return GpuFigures(device, rates["ours"], rates["plain"], share)


def _rate(step: "_Step") -> float:
    for _ in range(3):
        step()
    torch.cuda.synchronize()
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    torch.cuda.synchronize()
    return STEPS * BATCH / (time.perf_counter() - start)


class _Step:
    def __init__(self) -> None:
        self.crops = torch.randint(0, 256, (BATCH, 3, 112, 112), dtype=torch.uint8, device="cuda")
        self.identities = torch.arange(BATCH, device="cuda") // 8
        self.synthetic = torch.arange(BATCH, device="cuda") % 3 == 0
        self.loss = DynamicMarginLoss()

    def __call__(self) -> None:
        raise NotImplementedError

    def loss_of(self, features: torch.Tensor) -> torch.Tensor:
        features = features.float()
        embeddings = functional.normalize(features, dim=1)
        loss: torch.Tensor = self.loss(
            EmbeddedBatch(embeddings, features.norm(dim=1), self.identities, self.synthetic)
        )
        return loss


class _Ours(_Step):
    def __init__(self) -> None:
        super().__init__()
        self.fabric = Fabric(accelerator="cuda", devices=1, precision="bf16-mixed")
        encoder = Encoder(BACKBONE).train()
        compiled: nn.Module = torch.compile(encoder)  # type: ignore[assignment]
        optimiser = AdamW(encoder.parameters(), 1e-4, fused=True)
        self.model, self.optimiser = self.fabric.setup(compiled, optimiser)

    def __call__(self) -> None:
        loss = self.loss_of(self.model(self.crops))
        self.optimiser.zero_grad()
        self.fabric.backward(loss)
        self.fabric.clip_gradients(self.model, self.optimiser, max_norm=5.0, error_if_nonfinite=False)
        self.optimiser.step()


def _ours() -> _Step:
    return _Ours()


class _Plain(_Step):
    def __init__(self) -> None:
        super().__init__()
        self.network = create_backbone(BACKBONE).cuda().train()
        self.optimiser = AdamW(self.network.parameters(), 1e-4)
        self.scaler = torch.amp.GradScaler("cuda")

    def __call__(self) -> None:
        images = (self.crops.float() - 127.5) / 127.5
        with torch.autocast("cuda", torch.float16):
            features = self.network(images)
        loss = self.loss_of(features)
        self.optimiser.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5)
        self.scaler.step(self.optimiser)
        self.scaler.update()


def _operations_per_image() -> float:
    """Multiplications and additions of forward and backward, for one image."""
    network = create_backbone(BACKBONE).train()
    images = torch.randn(2, 3, 112, 112)
    with FlopCounterMode(display=False) as counter:
        network(images).sum().backward()
    return counter.get_total_flops() / 2
