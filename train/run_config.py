"""The configuration that the trainings of every task share; each kind of training adds its own to it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from common.runtime.as_option import AllowMissing, AsOption, Panel
from train.augment.config import AugmentConfig
from train.data.forging_config import ForgeConfig
from train.loggers.tracking import TrackingConfig
from train.section import CommandConfig, Section

TRAINING_LOGS = Path("training_logs")
RUN, WEIGHTS, STEPS, DEVICES = "The run", "Weights and loss", "Steps", "Devices and tracking"  # in the help


class OptimiserConfig(Section):
    """The optimiser, a linear warm-up, then a schedule of the learning rate.

    `plateau` is ReduceLROnPlateau on the primary figure of the validation; `cosine` falls to zero at the end
    of the last epoch (Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts).
    """

    name: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: Annotated[float, AsOption("Learning rate of the optimiser.", name="lr")] = Field(
        1e-4, gt=0
    )
    weight_decay: float = Field(0.01, ge=0)
    momentum: float = Field(0.9, ge=0, lt=1)  # of sgd
    clip_norm: float = Field(5.0, gt=0)  # of the gradient
    warmup_steps: Annotated[int, AsOption("Steps over which the rate rises to it.", name="warmup")] = Field(
        0, ge=0
    )
    schedule: Literal["plateau", "cosine"] = "plateau"
    average_decay: float = Field(0, ge=0, lt=1)  # of the weights' moving average; 0 for none
    plateau_factor: float = Field(0.5, gt=0, lt=1)
    plateau_patience: int = Field(2, ge=0)  # validations without a better one
    max_skipped: int = Field(10, ge=1)  # batches in a row without a finite loss that end the run


class BatchConfig(Section):
    """How large a batch is, and who reads it."""

    size: Annotated[int, AsOption("Crops a batch, over all devices.", name="batch-size")] = Field(256, ge=2)
    accumulate: Annotated[int, AsOption("Batches whose gradients make one step.")] = Field(1, ge=1)
    # processes that read ahead, per device; not told they are 2, on CUDA as many as the cores allow, up to 16
    loader_workers: int | None = Field(None, ge=0)


class ValidationConfig(Section):
    """How much is held out, and when it is scored."""

    share: float = Field(0.1, gt=0, lt=1)
    split: Path | None = None  # a run's split.json: the same held out
    every_epochs: int = Field(1, ge=1)
    every_steps: int | None = Field(None, ge=1)  # in the place of epochs, where these are long


class HardwareConfig(Section):
    """Where it runs. `torchrun` sets devices and nodes itself."""

    accelerator: Annotated[Literal["auto", "cpu", "cuda", "mps"], AsOption("What it runs on.")] = "auto"
    devices: Annotated[int, AsOption("Devices of a node, a process each.")] = Field(1, ge=1)
    nodes: Annotated[
        int, AsOption("Machines, each with MASTER_ADDR and NODE_RANK set; torchrun does that.")
    ] = Field(1, ge=1)
    precision: Annotated[
        Literal["auto", "32", "16-mixed", "bf16-mixed"],
        AsOption("Of the network; auto is bf16 or 16 with CUDA, else 32."),
    ] = "auto"
    tf32: Annotated[
        bool, AsOption("Train with float32 shortened to TF32 on CUDA: faster, and not as a CPU computes.")
    ] = False
    compile: Annotated[bool, AsOption("torch.compile the network.")] = False


def several(value: Any) -> Any:
    """One folder stands for a list of one, as all did in the first version."""
    return [value] if isinstance(value, str | Path) else value


NONE = "none"  # takes back what a recipe names


def none_of_none(value: Any) -> Any:
    """None for the word that takes back what a recipe names, and for an empty one."""
    return None if str(value) in (NONE, "") else value


class RunConfig(CommandConfig):
    """All that a run depends on, whatever its task; its command starts a run of it."""

    task: str = ""  # what it is about, one of `train.tasks.registry.TASKS`
    data: Annotated[
        tuple[Path, ...],
        BeforeValidator(several),
        Field(min_length=1),
        AsOption("Folder of shards; may be repeated, and people of one name are then one person.", RUN),
    ] = (Path("datasets/processed_images"),)
    allow_missing: Annotated[AllowMissing, Panel(RUN)] = False
    same_pictures: bool = True  # look for one picture under two names before a run starts
    out: Annotated[Path, AsOption("Folder for history, runs and checkpoints.", RUN)] = TRAINING_LOGS
    freeze: Annotated[int, AsOption("First stages of the network to leave as they are.", WEIGHTS)] = Field(
        0, ge=0
    )
    lora: Annotated[
        int,
        AsOption(
            "Train matrices of this rank beside the weights, which stay (LoRA): for few photographs.",
            WEIGHTS,
            metavar="RANK",
        ),
    ] = Field(0, ge=0)
    epochs: Annotated[int, AsOption("Passes over the data.", RUN)] = Field(20, ge=1)
    seed: Annotated[int, AsOption("Of split, batches, augmentation and fresh weights.", RUN)] = Field(
        0, ge=0, lt=2**63
    )
    save_minutes: float = Field(10, ge=0)  # between savings of the state that --resume goes on from
    augment: AugmentConfig = AugmentConfig()
    forge: Annotated[ForgeConfig, Panel(STEPS)] = ForgeConfig()
    optimiser: Annotated[OptimiserConfig, Panel(STEPS)] = OptimiserConfig()
    batch: Annotated[BatchConfig, Panel(STEPS)] = BatchConfig()
    validation: ValidationConfig = ValidationConfig()
    hardware: Annotated[HardwareConfig, Panel(DEVICES)] = HardwareConfig()
    tracking: Annotated[TrackingConfig, Panel(DEVICES)] = TrackingConfig()

    @classmethod
    def takes(cls, task: str) -> bool:
        """Whether runs of a task are configured by this class."""
        raise NotImplementedError

    @property
    def batch_unit(self) -> int:
        """Crops of a batch that belong together: its size is a multiple of them."""
        return 1

    @property
    def least_batch(self) -> int:
        """The smallest batch that is of use."""
        return 2 * self.batch_unit
