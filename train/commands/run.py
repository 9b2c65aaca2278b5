"""`train run`: options and output."""

from typing import Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.command_line import examples
from common.runtime.option_groups import OverridesOf, with_option_groups
from train.commands.outcome import print_outcome
from train.commands.request import RunRequest, train_as_asked
from train.config import TrainConfig
from train.packaged_configs import packaged_config_names
from train.run_config import RUN

PACKAGED = ", ".join(packaged_config_names(TrainConfig.command))
EXAMPLES = examples(
    "python -m train run --pretrained adaface-ir101-webface12m",
    "python -m train run --config cpu --data datasets/mine --pretrained mobilefacenet.pt",
    "python -m train run --config forge --data datasets/mine --pretrained mobilefacenet.pt",
    "python -m train run --data datasets/processed_images --data datasets/forged --forge 0.1",
    "python -m train run --backbone timm:convnextv2_tiny --loss arcface --set augment.jpeg=0.4",
    "python -m train run --pairs train.csv --validation-pairs test.csv --pretrained ir101.ckpt --keep 1",
    "python -m train run --config neural_defenders --pairs pairs.csv --validation-pairs held_out.csv",
    "python -m train run --resume",
    "torchrun --nproc-per-node 8 -m train run --batch-size 1024",
)


@with_option_groups
def run(
    config: Annotated[
        str | None,
        AsOption(
            "TOML file, a run's config.json, or a configuration that ships with facetrust: "
            f"{PACKAGED}. Options below override it.",
            RUN,
        ),
    ] = None,
    *,
    request: RunRequest,
    options: Annotated[dict[str, Any], OverridesOf(TrainConfig)],
) -> None:
    """Train an encoder, validate on people held out, and keep the best checkpoints."""
    outcome = train_as_asked(TrainConfig, config, request, options)
    print_outcome(outcome, TrainConfig.command)
