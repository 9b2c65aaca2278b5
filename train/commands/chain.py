"""`train chain`: options and output."""

from dataclasses import dataclass
from typing import Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.command_line import examples
from common.runtime.errors import UserError
from common.runtime.option_groups import OverridesOf, with_option_groups
from train.chain.config import ChainConfig
from train.commands.chain_outcome import ConsoleListener, print_chain
from train.packaged_configs import packaged_config_names
from train.run_config import RUN

PACKAGED = ", ".join(packaged_config_names(ChainConfig.command))
EXAMPLES = examples(
    "python -m train chain --config titan_cpu --data datasets/faces",
    "python -m train chain --config titan --data datasets/faces --unlabelled datasets/unlabelled "
    "--answer test_images",
    "python -m train chain --config titan --data datasets/faces --pretrain-set size=512 "
    "--classifier-set size=512",
    "python -m train chain --config titan_cpu --data datasets/faces --pretrain none --folds 5",
    "python -m train chain --config challenge --data datasets/processed_images --wide datasets/wide "
    "--answer datasets/test-deepfake",
    "python -m train chain --config challenge --recogniser-config none --wide datasets/wide",
    "python -m train chain --resume",
)


@dataclass(frozen=True)
class ChainRequest:
    """Whether a chain starts or goes on."""

    resume: Annotated[
        bool, AsOption("Go on with the latest chain, or --run, with its own configuration.", RUN)
    ] = False
    name: Annotated[str | None, AsOption("Which chain to --resume.", RUN, name="run")] = None


@with_option_groups
def chain(
    config: Annotated[
        str | None,
        AsOption(
            f"TOML file, or a chain that ships with facetrust: {PACKAGED}. Options below override it.", RUN
        ),
    ] = None,
    *,
    request: ChainRequest,
    options: Annotated[dict[str, Any], OverridesOf(ChainConfig)],
) -> None:
    """Several trainings in a row, each from what those before it made, and at last the answers.

    --config titan pre-trains, trains folds, labels what they are certain of, trains folds again and answers
    for photographs; --config challenge trains a recogniser and a classifier, makes one encoder of them and
    answers for pairs. Each step is a command of facetrust, which is printed before it starts. Killed
    anywhere, the chain goes on with --resume.
    """
    from train.chain.run_chain import resumed_chain, run_chain, start_chain
    from train.load_config import load_config

    if request.name is not None and not request.resume:
        raise UserError("--run names the chain to --resume; add --resume")
    if request.resume:
        folder = resumed_chain(request.name, config, options)
    else:
        folder = start_chain(load_config(ChainConfig, config, options))
    print_chain(run_chain(folder, ConsoleListener(folder)))
