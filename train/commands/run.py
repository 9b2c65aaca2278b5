"""`train run`: options and output."""

from typing import Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.command_line import console, examples
from common.runtime.errors import UserError
from common.runtime.option_groups import OverridesOf, with_option_groups
from train.commands.outcome import print_outcome
from train.config import TrainConfig
from train.load_config import load_config
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
    resume: Annotated[
        bool, AsOption("Go on with the latest run, or --run, with its own configuration.", RUN)
    ] = False,
    run_name: Annotated[str | None, AsOption("Which run to --resume.", RUN, name="run")] = None,
    *,
    options: Annotated[dict[str, Any], OverridesOf(TrainConfig)],
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
    """Train, validate on people held out, and keep the best checkpoints."""
    from train.loggers.console import ConsoleLogger
    from train.start import parse_settings, resume_run, resumed_config, start_run

    overrides = parse_settings(settings) | options
    if run_name is not None and not resume:
        raise UserError("--run names the run to --resume; add --resume")
    with ConsoleLogger(console) as logger:
        if resume:
            folder, settled = resumed_config(TrainConfig, run_name, config, overrides)
            outcome = resume_run(folder, settled, logger)
        else:
            outcome = start_run(load_config(TrainConfig, config, overrides), logger)
    print_outcome(outcome, TrainConfig.command)
