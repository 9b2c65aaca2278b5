"""The configuration of a training run, one validated object; `train.load_config` reads it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from common.metrics.figures import VERIFICATION
from common.runtime.as_option import AllowMissing, AsOption, Panel
from train.augment.config import AugmentConfig
from train.data.forging_config import ForgeConfig
from train.loggers.tracking import TrackingConfig
from train.losses.config import LossConfig
from train.section import Section

TRAINING_LOGS = Path("training_logs")
RUN, WEIGHTS, STEPS, DEVICES = "The run", "Weights and loss", "Steps", "Devices and tracking"  # in the help


class OptimiserConfig(Section):
    """AdamW, a linear warm-up, then ReduceLROnPlateau on the primary figure of the validation."""

    learning_rate: Annotated[float, AsOption("Learning rate of AdamW.", name="lr")] = Field(1e-4, gt=0)
    weight_decay: float = Field(0.01, ge=0)
    clip_norm: float = Field(5.0, gt=0)  # of the gradient
    warmup_steps: Annotated[int, AsOption("Steps over which the rate rises to it.", name="warmup")] = Field(
        0, ge=0
    )
    average_decay: float = Field(0, ge=0, lt=1)  # of the weights' moving average; 0 for none
    plateau_factor: float = Field(0.5, gt=0, lt=1)
    plateau_patience: int = Field(2, ge=0)  # validations without a better one
    max_skipped: int = Field(10, ge=1)  # batches in a row without a finite loss that end the run


class BatchConfig(Section):
    """How a batch is filled: `size / photos_per_identity` people, or `size / 2` listed pairs."""

    size: Annotated[int, AsOption("Crops a batch, over all devices.", name="batch-size")] = Field(256, ge=4)
    accumulate: Annotated[int, AsOption("Batches whose gradients make one step.")] = Field(1, ge=1)
    photos_per_identity: int = Field(8, ge=2)
    synthetic_share: float = Field(
        0.375, ge=0, lt=1
    )  # of the photographs of each person, where there are any
    loader_workers: int = Field(2, ge=0)  # processes that read ahead, per device


class ValidationConfig(Section):
    """Which identities are held out, which pairs are drawn from them, and when they are scored."""

    share: float = Field(0.1, gt=0, lt=1)
    split: Path | None = None  # a run's split.json: the same people held out
    pairs: Annotated[
        Path | None,
        AsOption("Validate on the pairs of a CSV; their people are held out.", RUN, name="validation-pairs"),
    ] = None
    pairs_per_category: int = Field(2000, ge=1)
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
        AsOption("Of the encoder; auto is bf16 or 16 with CUDA, else 32."),
    ] = "auto"
    tf32: Annotated[
        bool, AsOption("Train with float32 shortened to TF32 on CUDA: faster, and not as a CPU computes.")
    ] = False
    compile: Annotated[bool, AsOption("torch.compile the encoder.")] = False


def _several(value: Any) -> Any:
    """One folder stands for a list of one, as all did in the first version."""
    return [value] if isinstance(value, str | Path) else value


class TrainConfig(Section):
    """All that a run depends on."""

    task: str = VERIFICATION  # what it is about, one of `train.tasks.registry.TASKS`
    data: Annotated[
        tuple[Path, ...],
        BeforeValidator(_several),
        Field(min_length=1),
        AsOption("Folder of shards; may be repeated, and people of one name are then one person.", RUN),
    ] = (Path("datasets/processed_images"),)
    allow_missing: Annotated[AllowMissing, Panel(RUN)] = False
    same_pictures: bool = True  # look for one picture under two names before a run starts
    out: Annotated[Path, AsOption("Folder for history, runs and checkpoints.", RUN)] = TRAINING_LOGS
    pairs: Annotated[
        Path | None,
        AsOption("Train on the pairs of a CSV: path1,path2,label[,synthetic1,synthetic2].", RUN),
    ] = None
    pair_columns: Annotated[
        str | None,
        AsOption(
            "What lists of pairs call their columns, where that is not known: path1=NAME,path2=NAME,…",
            RUN,
            name="columns",
        ),
    ] = None
    backbone: Annotated[
        str | None,
        AsOption(
            "ir_18, ir_34, ir_50, ir_101, ir_se_50, iresnet_18 to iresnet_200, ir_lite, mobilefacenet, or "
            "any timm model as timm:NAME.",
            WEIGHTS,
            default="that of --pretrained, or ir_101",
        ),
    ] = None
    pretrained: Annotated[
        str | None,
        AsOption(
            "Weights to start from: a facetrust, CVLFace, AdaFace or arcface_torch checkpoint, a plain "
            "state_dict, hf:OWNER/REPO[/FILE], or a known name: adaface-ir18-webface4m (96 MB to fetch), "
            "adaface-ir50-webface4m (175 MB), adaface-ir101-webface12m (261 MB) and others; docs/training.md "
            "lists them with their licence.",
            WEIGHTS,
        ),
    ] = None
    colour: Annotated[
        Literal["RGB", "BGR"] | None,
        AsOption("What --pretrained was made for, where its layout does not tell.", WEIGHTS),
    ] = None
    partial: Annotated[bool, AsOption("Take what fits of --pretrained and name the rest.", WEIGHTS)] = False
    freeze: Annotated[int, AsOption("First stages of the backbone to leave as they are.", WEIGHTS)] = Field(
        0, ge=0
    )
    keep: Annotated[float, AsOption("Weight of staying near the starting embedding.", WEIGHTS)] = Field(
        0, ge=0
    )
    epochs: Annotated[int, AsOption("Passes over the data.", RUN)] = Field(20, ge=1)
    seed: Annotated[int, AsOption("Of split, batches, augmentation and fresh weights.", RUN)] = Field(
        0, ge=0, lt=2**63
    )
    save_minutes: float = Field(10, ge=0)  # between savings of the state that --resume goes on from
    loss: Annotated[LossConfig, Panel(WEIGHTS)] = LossConfig()
    augment: AugmentConfig = AugmentConfig()
    forge: Annotated[ForgeConfig, Panel(STEPS)] = ForgeConfig()
    optimiser: Annotated[OptimiserConfig, Panel(STEPS)] = OptimiserConfig()
    batch: Annotated[BatchConfig, Panel(STEPS)] = BatchConfig()
    validation: ValidationConfig = ValidationConfig()
    hardware: Annotated[HardwareConfig, Panel(DEVICES)] = HardwareConfig()
    tracking: Annotated[TrackingConfig, Panel(DEVICES)] = TrackingConfig()
