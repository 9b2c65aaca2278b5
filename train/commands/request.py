"""What the commands that train have in common: their options beside the configuration, and how they begin."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from common.runtime.as_option import AsOption
from common.runtime.command_line import console
from common.runtime.errors import UserError
from train.run_config import RUN, RunConfig

if TYPE_CHECKING:
    from train.loop import Outcome


@dataclass(frozen=True)
class RunRequest:
    """Whether a run starts or goes on, and settings that have no option of their own."""

    resume: Annotated[
        bool, AsOption("Go on with the latest run, or --run, with its own configuration.", RUN)
    ] = False
    run_name: Annotated[str | None, AsOption("Which run to --resume.", RUN, name="run")] = None
    settings: Annotated[
        tuple[str, ...],
        AsOption(
            "Any other key of the configuration, such as augment.jpeg=0.3. May be repeated.",
            RUN,
            name="set",
            metavar="KEY=VALUE",
        ),
    ] = ()


def overrides_of(request: RunRequest, options: dict[str, Any]) -> dict[str, Any]:
    """The settings of a request and the options that go before them, by dotted key.

    Raises UserError for a setting without a key, and for a run that is named and not resumed.
    """
    from train.start import parse_settings

    if request.run_name is not None and not request.resume:
        raise UserError("--run names the run to --resume; add --resume")
    return parse_settings(request.settings) | options


def train_as_asked(
    kind: type[RunConfig], config: str | None, request: RunRequest, options: dict[str, Any]
) -> "Outcome":
    """Start or resume a run of a kind of configuration, and tell of it on the console.

    Args:
        kind: of the configuration.
        config: a file or a packaged configuration; None for the defaults.
        request: what is asked.
        options: overrides by dotted key, which go before the request's settings.

    Raises UserError as `start_run` and `resumed_config`.
    """
    from train.load_config import load_config
    from train.loggers.console import ConsoleLogger
    from train.start import resume_run, resumed_config, start_run

    overrides = overrides_of(request, options)
    with ConsoleLogger(console) as logger:
        if request.resume:
            return resume_run(*resumed_config(kind, request.run_name, config, overrides), logger)
        return start_run(load_config(kind, config, overrides), logger)
