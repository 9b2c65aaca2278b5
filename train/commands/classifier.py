"""`train classifier`: options and output."""

from typing import Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.command_line import examples
from common.runtime.option_groups import OverridesOf, with_option_groups
from train.commands.folds_outcome import print_folds, train_folds_as_asked
from train.commands.outcome import print_outcome
from train.commands.request import RunRequest, train_as_asked
from train.packaged_configs import packaged_config_names
from train.run_config import RUN
from train.tasks.classification.config import ClassifierConfig

PACKAGED = ", ".join(packaged_config_names(ClassifierConfig.command))
EXAMPLES = examples(
    "python -m align run PHOTOGRAPHS --template box --margin 0.2 --size 256 --out datasets/faces",
    "python -m train classifier --config resnet18 --data datasets/faces",
    "python -m train classifier --config cpu --data datasets/faces --pretrained weights.safetensors",
    "python -m train classifier --config sbi --data datasets/bona_fide",
    "python -m train classifier --backbone timm:convnextv2_nano --size 256 --data datasets/faces --forge 0.2",
    "python -m train classifier --config cpu --data datasets/faces --folds 5",
    "python -m train classifier --config cnn_rnn --data datasets/clips",
    "python -m train classifier --resume",
    "torchrun --nproc-per-node 8 -m train classifier --config efficientnet_fpn_cbam --batch-size 256",
)


@with_option_groups
def classifier(
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
    options: Annotated[dict[str, Any], OverridesOf(ClassifierConfig)],
) -> None:
    """Train a classifier of bona fide and synthetic faces, validate on faces held out, keep the best."""
    folds = train_folds_as_asked(config, request, options)
    if folds is not None:
        return print_folds(folds)
    outcome = train_as_asked(ClassifierConfig, config, request, options)
    print_outcome(outcome, ClassifierConfig.command, "python -m infer classify PHOTOGRAPHS --model {}")
