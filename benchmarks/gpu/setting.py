"""What the steps share: the device, the sizes, and where shards and runs lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from torch.amp import GradScaler

from benchmarks.training.crops import write_crops
from benchmarks.training.real_run import run_config
from train.config import TrainConfig
from train.distributed.devices import open_fabric
from train.run_config import HardwareConfig

PEOPLE, EACH = 1024, 12  # crops for some forty batches of 256
TINY_PEOPLE, TINY_EACH = 16, 6
FEW_WORKERS = 4


@dataclass(frozen=True)
class Setting:
    """The device and the sizes of all steps; `tiny` is for a CPU and measures nothing that counts."""

    tiny: bool
    shards: Path
    work: Path  # for what the steps write; none of it is kept
    ends: float = float("inf")  # of the clock `time.monotonic`, when the script is to be done

    @property
    def device(self) -> str:
        """What it runs on, as `--accelerator` names it."""
        return "cpu" if self.tiny else "cuda"

    @property
    def batch(self) -> int:
        """Crops a batch."""
        return 8 if self.tiny else 256

    def fabric(self, precision: str) -> Fabric:
        """A Fabric of one device; in 16-mixed on a CPU, which facetrust refuses, with a scaler there."""
        if self.tiny and precision == "16-mixed":
            return Fabric(
                accelerator="cpu",
                plugins=MixedPrecision("16-mixed", "cpu", GradScaler("cpu", init_scale=2.0**12)),
            )
        return open_fabric(HardwareConfig(accelerator=self.device, precision=precision))

    def config(self, name: str, backbone: str, steps: int, **changes: Any) -> TrainConfig:
        """A run of at least so many steps in its own folder; few processes read, for each has to start."""
        workers = 0 if self.tiny else FEW_WORKERS
        told = {**self.run_settings, "batch.loader_workers": workers, **changes}
        return run_config(self.shards, self.work / name, backbone, self.batch, steps, **told)

    @property
    def run_settings(self) -> dict[str, Any]:
        """What every run is told beside."""
        small = {"batch.loader_workers": 0, "batch.photos_per_identity": 4} if self.tiny else {}
        return {"hardware.accelerator": self.device, **small}


def prepare(shards: Path, tiny: bool) -> bool:
    """Write the shards that are trained on, unless they are there; returns whether they were written."""
    if shards.exists():
        return False
    write_crops(shards, *((TINY_PEOPLE, TINY_EACH) if tiny else (PEOPLE, EACH)))
    return True
