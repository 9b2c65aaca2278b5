"""`train pretrain`: options and output."""

from typing import Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.command_line import examples
from common.runtime.option_groups import OverridesOf, with_option_groups
from train.commands.outcome import print_outcome
from train.commands.request import RunRequest, train_as_asked
from train.packaged_configs import packaged_config_names
from train.run_config import RUN
from train.tasks.pretraining.config import PretrainConfig

PACKAGED = ", ".join(packaged_config_names(PretrainConfig.command))
EXAMPLES = examples(
    "python -m align run PHOTOGRAPHS --template box --margin 0.2 --size 256 --out datasets/all",
    "python -m train pretrain --config simmim --data datasets/all",
    "python -m train pretrain --config titan_cpu --data datasets/train --data datasets/unlabelled",
    "python -m train pretrain --backbone timm:vit_small_patch16_224 --ratio 0.6 --data datasets/all",
    "python -m train pretrain --resume",
    "python -m train classifier --backbone timm:convnextv2_tiny --init PRETRAINING --data datasets/train",
)


@with_option_groups
def pretrain(
    config: Annotated[
        str | None,
        AsOption(
            "TOML file, a run's config.json, or a recipe that ships with facetrust: "
            f"{PACKAGED}. Options below override it.",
            RUN,
        ),
    ] = None,
    *,
    request: RunRequest,
    options: Annotated[dict[str, Any], OverridesOf(PretrainConfig)],
) -> None:
    """Pre-train a network on crops without labels: it fills in masked places. Classifiers start from it."""
    outcome = train_as_asked(PretrainConfig, config, request, options)
    print_outcome(
        outcome,
        PretrainConfig.command,
        "python -m train classifier --init {} (with its --backbone and --planes)",
    )
