"""`train classifier`: options and output."""

from typing import Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.command_line import console, examples
from common.runtime.errors import UserError
from common.runtime.option_groups import OverridesOf, with_option_groups
from train.commands.outcome import print_outcome
from train.load_config import load_config
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
    resume: Annotated[
        bool, AsOption("Go on with the latest run, or --run, with its own configuration.", RUN)
    ] = False,
    run_name: Annotated[str | None, AsOption("Which run to --resume.", RUN, name="run")] = None,
    *,
    options: Annotated[dict[str, Any], OverridesOf(ClassifierConfig)],
    settings: Annotated[
        tuple[str, ...],
        AsOption(
            "Any other key of the configuration, such as augment.jpeg=0.3. May be repeated.",
            RUN,
            name="set",
            metavar="KEY=VALUE",
        ),
    ] = (),
) -> None:
    """Train a classifier of bona fide and synthetic faces, validate on faces held out, keep the best."""
    from train.loggers.console import ConsoleLogger
    from train.start import parse_settings, resume_run, resumed_config, start_run

    overrides = parse_settings(settings) | options
    if run_name is not None and not resume:
        raise UserError("--run names the run to --resume; add --resume")
    with ConsoleLogger(console) as logger:
        if resume:
            folder, settled = resumed_config(ClassifierConfig, run_name, config, overrides)
            outcome = resume_run(folder, settled, logger)
        else:
            outcome = start_run(load_config(ClassifierConfig, config, overrides), logger)
    print_outcome(outcome, ClassifierConfig.command, "python -m infer classify PHOTOGRAPHS --model {}")
