"""Devices, processes and precision of a run, as Lightning Fabric has them."""

import os
import warnings
from typing import Literal, cast

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.ddp import DDPStrategy

from common.runtime.errors import UserError
from common.runtime.float32 import allow_tf32
from train.run_config import HardwareConfig

Precision = Literal["32-true", "16-mixed", "bf16-mixed"]


def open_fabric(hardware: HardwareConfig) -> Fabric:
    """A launched Fabric: one process per device, each of which has returned from this call.

    Under `torchrun` the processes are there already and their number is what it says; otherwise more than one
    device makes Fabric start the command again for each of the others.

    Raises UserError when the machine does not have what is asked for.
    """
    accelerator = _accelerator(hardware.accelerator)
    devices, nodes = processes_here(hardware), hardware.nodes
    if TorchElasticEnvironment.detect():
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    if accelerator == "cuda" and devices > torch.cuda.device_count():
        raise UserError(
            f"{devices} GPUs are asked for and {torch.cuda.device_count()} are there; lower --devices"
        )
    fabric = Fabric(
        accelerator=accelerator,
        devices=devices,
        num_nodes=nodes,
        strategy=_strategy(devices * nodes, accelerator),
        precision=_precision(hardware.precision, accelerator),
    )
    fabric.launch()
    # of kernels of one pixel, whose strides mean nothing
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    if accelerator == "cuda":
        allow_tf32(hardware.tf32)
        torch.backends.cudnn.benchmark = True  # one shape throughout: worth finding the fastest kernels for
    return fabric


def processes_here(hardware: HardwareConfig) -> int:
    """How many of the processes of a run are on this machine."""
    if TorchElasticEnvironment.detect():
        return int(os.environ["LOCAL_WORLD_SIZE"])
    return hardware.devices


def _accelerator(asked: str) -> str:
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if asked == "auto":
        return next(name for name, present in there.items() if present)
    if not there[asked]:
        raise UserError(f"there is no {asked} device on this machine; use --accelerator auto")
    return asked


def _strategy(processes: int, accelerator: str) -> str | DDPStrategy:
    if processes == 1:
        return "auto"
    if accelerator != "cuda":
        return "ddp"
    # batch statistics, the only buffers that change, come out equal in all processes
    return DDPStrategy(broadcast_buffers=False, gradient_as_bucket_view=True)


def device_notes(hardware: HardwareConfig, fabric: Fabric) -> list[str]:
    """What to tell of a choice that costs more than it gives."""
    if hardware.compile and fabric.world_size > 1 and fabric.device.type == "cuda":
        return [
            "with several GPUs --compile ends a graph at every batch normalisation, whose statistics are "
            "exchanged there: it gains little"
        ]
    return []


def _precision(asked: str, accelerator: str) -> Precision:
    if asked == "auto":
        if accelerator != "cuda":
            return "32-true"
        has_bf16 = torch.cuda.is_bf16_supported(including_emulation=False)  # emulated it is slower than 32
        return "bf16-mixed" if has_bf16 else "16-mixed"
    if asked == "16-mixed" and accelerator == "cpu":
        raise UserError("16-mixed needs a GPU; on a CPU use --precision 32 or bf16-mixed")
    return cast(Precision, asked) if asked != "32" else "32-true"
