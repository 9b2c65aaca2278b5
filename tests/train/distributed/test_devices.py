from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy

from train.distributed import devices
from train.distributed.devices import device_notes, open_fabric
from train.run_config import HardwareConfig


class Asked:
    """What a Fabric is asked for."""

    def __init__(self) -> None:
        self.arguments: dict[str, object] = {}

    def __call__(self, **arguments: object) -> Fabric:
        self.arguments = arguments
        return Fabric(accelerator="cpu", devices=1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """A machine with one GPU, as far as it is asked."""
    found = Asked()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(devices, "Fabric", found)
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    tuned = torch.backends.cudnn.benchmark
    yield found
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
    torch.backends.cudnn.benchmark = tuned


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("allowed", [True, False])
def test_float32_is_shortened_only_where_that_is_asked_for(allowed: bool) -> None:
    open_fabric(HardwareConfig(precision="32", tf32=allowed))
    assert torch.backends.cudnn.allow_tf32 == torch.backends.cuda.matmul.allow_tf32 == allowed


@pytest.mark.parametrize(
    ("capability", "precision"), [((7, 5), "16-mixed"), ((8, 0), "bf16-mixed"), ((9, 0), "bf16-mixed")]
)
def test_auto_takes_bf16_only_where_the_gpu_computes_in_it(
    asked: Asked, capability: tuple[int, int], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = SimpleNamespace(major=capability[0], minor=capability[1])
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: gpu)
    monkeypatch.setattr(torch.cuda, "_check_bf16_tensor_supported", lambda device: True)  # by emulation
    open_fabric(HardwareConfig())
    assert asked.arguments["precision"] == precision


def test_several_gpus_exchange_gradients_alone_and_in_place(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    open_fabric(HardwareConfig(devices=2, precision="32"))
    strategy = asked.arguments["strategy"]
    assert isinstance(strategy, DDPStrategy)
    assert strategy._ddp_kwargs == {"broadcast_buffers": False, "gradient_as_bucket_view": True}
    open_fabric(HardwareConfig(devices=2, accelerator="cpu"))
    assert asked.arguments["strategy"] == "ddp"
    open_fabric(HardwareConfig(precision="32"))
    assert asked.arguments["strategy"] == "auto"


@pytest.mark.parametrize(("gpus", "compiled", "told"), [(2, True, 1), (2, False, 0), (1, True, 0)])
def test_compiling_for_several_gpus_is_told_to_gain_little(gpus: int, compiled: bool, told: int) -> None:
    fabric = cast(Fabric, SimpleNamespace(world_size=gpus, device=torch.device("cuda")))
    assert len(device_notes(HardwareConfig(compile=compiled), fabric)) == told
