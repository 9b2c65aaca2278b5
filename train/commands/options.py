"""What `train run` takes on the command line; each lies on top of a key of the configuration."""

from pathlib import Path
from typing import Annotated, Any

import typer

from train.loss_names import LossName
from train.packaged_configs import packaged_config_names

TRAINING_LOGS = Path("training_logs")
RUN, WEIGHTS, STEPS, DEVICES = "The run", "Weights and loss", "Steps", "Devices and tracking"


def _option(panel: str, text: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


Config = Annotated[
    str | None,
    _option(
        RUN,
        "TOML file, a run's config.json, or a configuration that ships with facetrust: "
        f"{', '.join(packaged_config_names())}. Options below override it.",
    ),
]
Resume = Annotated[
    bool, _option(RUN, "Go on with the latest run, or --run, with its own configuration.", "--resume")
]
RunName = Annotated[str | None, _option(RUN, "Which run to --resume.", "--run")]
Data = Annotated[
    list[Path] | None,
    _option(
        RUN,
        "Folder of shards; may be repeated, and people of one name are then one person. "
        "\\[default: datasets/processed_images]",
    ),
]
AllowMissing = Annotated[
    bool | None,
    _option(
        RUN, "Take the shards that lie there, also where their manifest lists others.", "--allow-missing"
    ),
]
Out = Annotated[
    Path | None, _option(RUN, "Folder for history, runs and checkpoints. \\[default: training_logs]")
]
Pairs = Annotated[
    Path | None, _option(RUN, "Train on the pairs of a CSV: path1,path2,label\\[,synthetic1,synthetic2].")
]
Columns = Annotated[
    str | None,
    _option(RUN, "What lists of pairs call their columns, where that is not known: path1=NAME,path2=NAME,…"),
]
ValidationPairs = Annotated[
    Path | None, _option(RUN, "Validate on the pairs of a CSV; their people are held out.")
]
Epochs = Annotated[int | None, _option(RUN, "Passes over the data. \\[default: 20]")]
Seed = Annotated[
    int | None, _option(RUN, "Of split, batches, augmentation and fresh weights. \\[default: 0]")
]
Settings = Annotated[
    list[str] | None,
    _option(
        RUN,
        "Any other key of the configuration, such as augment.jpeg=0.3. May be repeated.",
        "--set",
        metavar="KEY=VALUE",
    ),
]

Backbone = Annotated[
    str | None,
    _option(
        WEIGHTS,
        "ir_18, ir_34, ir_50, ir_101, ir_se_50, iresnet_18 to iresnet_200, ir_lite, mobilefacenet, or any "
        "timm model as timm:NAME. \\[default: that of --pretrained, or ir_101]",
    ),
]
Pretrained = Annotated[
    str | None,
    _option(
        WEIGHTS,
        "Weights to start from: a facetrust, CVLFace, AdaFace or arcface_torch checkpoint, a plain "
        "state_dict, hf:OWNER/REPO\\[/FILE], or a known name: adaface-ir18-webface4m (96 MB to fetch), "
        "adaface-ir50-webface4m (175 MB), adaface-ir101-webface12m (261 MB) and others; docs/training.md "
        "lists them with their licence.",
    ),
]
Colour = Annotated[
    str | None,
    _option(WEIGHTS, "RGB or BGR: what --pretrained was made for, where its layout does not tell."),
]
Partial = Annotated[
    bool | None, _option(WEIGHTS, "Take what fits of --pretrained and name the rest.", "--partial")
]
Freeze = Annotated[int | None, _option(WEIGHTS, "First stages of the backbone to leave as they are.")]
Keep = Annotated[float | None, _option(WEIGHTS, "Weight of staying near the starting embedding.")]
Loss = Annotated[
    str | None,
    _option(
        WEIGHTS,
        f"{', '.join(LossName)}. \\[default: {LossName.DYNAMIC_MARGIN}]",
    ),
]

Forge = Annotated[
    float | None,
    _option(STEPS, "Share of each batch to turn into forgeries, made of its bona fide crops; 0.25 is good."),
]
ForgeMethods = Annotated[
    str | None,
    _option(STEPS, "Which, by commas: self-blend, swap, generator-traces, reenactment. \\[default: all]"),
]
BatchSize = Annotated[int | None, _option(STEPS, "Crops a batch, over all devices. \\[default: 256]")]
Accumulate = Annotated[int | None, _option(STEPS, "Batches whose gradients make one step. \\[default: 1]")]
LearningRate = Annotated[float | None, _option(STEPS, "Learning rate of AdamW. \\[default: 1e-4]", "--lr")]
Warmup = Annotated[int | None, _option(STEPS, "Steps over which the rate rises to it.")]

Precision = Annotated[
    str | None, _option(DEVICES, "32, 16-mixed or bf16-mixed. \\[default: mixed on CUDA, else 32]")
]
Accelerator = Annotated[str | None, _option(DEVICES, "auto, cpu, cuda or mps. \\[default: auto]")]
Devices = Annotated[int | None, _option(DEVICES, "Devices of a node, a process each. \\[default: 1]")]
Nodes = Annotated[
    int | None,
    _option(DEVICES, "Machines, each with MASTER_ADDR and NODE_RANK set; torchrun does that. \\[default: 1]"),
]
Compile = Annotated[bool | None, _option(DEVICES, "torch.compile the encoder.", "--compile")]
TensorBoard = Annotated[
    bool | None, _option(DEVICES, "Write TensorBoard events into the run's folder.", "--tensorboard")
]
Wandb = Annotated[str | None, _option(DEVICES, "Follow the run at Weights & Biases.", metavar="PROJECT")]
