"""Start and resumption of runs, in one process or in several."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from lightning_fabric import Fabric
from torch.distributed import DistError

from common.runtime.errors import UserError
from train.distributed.devices import open_fabric
from train.distributed.process_group import closing_process_group
from train.load_config import Config, changed_keys, load_config
from train.loggers.base import Logger
from train.loggers.several import open_loggers
from train.loop import Outcome, train
from train.records.run_folder import RunFolder, new_run_folder, resumable_run
from train.run_config import RunConfig

Run = TypeVar("Run", bound=RunConfig)
PEER_GONE = "Connection closed by peer"  # gloo raises a plain RuntimeError

# what a resumed run may change without becoming another run
RESUMABLE = (
    "epochs",
    "allow_missing",
    "same_pictures",
    "save_minutes",
    "batch.loader_workers",
    "hardware.",
    "tracking.",
)


@closing_process_group()
def start_run(config: RunConfig, logger: Logger) -> Outcome:
    """Train as configured, in a run folder of its own. Raises UserError as `train`."""
    fabric = open_fabric(config.hardware)
    folder = new_run_folder(config) if fabric.is_global_zero else None
    # the others learn which one it is
    folder = fabric.broadcast(folder)
    assert folder is not None
    try:
        return _train(fabric, config, folder, logger)
    except UserError:
        if fabric.is_global_zero:
            folder.discard_if_unused()
        raise


@closing_process_group()
def resume_run(folder: RunFolder, config: RunConfig, logger: Logger) -> Outcome:
    """Go on with a run from its saved state. Raises UserError as `train`."""
    fabric = open_fabric(config.hardware)
    return _train(fabric, config, fabric.broadcast(folder), logger)


def resumed_config(
    kind: type[Run], run: str | None, file: str | None, overrides: dict[str, Any]
) -> tuple[RunFolder, Run]:
    """The run to resume and its configuration.

    Args:
        kind: the class of that: only runs of its tasks are looked at.
        run: its name; None for the latest.
        file, overrides: as in `load_config`, laid over the configuration that the run was started with. Their
            `out` is the folder that the run is looked for in.

    Raises UserError when there is no such run, or when it would become another one.
    """
    out = Path(overrides.get("out") or load_config(kind, file, {}).out)
    folder = resumable_run(kind, out, run)
    stored = folder.read_config(kind).model_copy(update={"out": out})  # the folder may have moved
    config = load_config(kind, file, overrides, base=stored)
    changed = changed_but(RESUMABLE, stored, config)
    if changed:
        raise UserError(
            f"run {folder.run} was started with another {', '.join(changed)}; a resumed run keeps its own: "
            "leave that out, or start a new run without --resume"
        )
    return folder, config


def changed_but(free: Sequence[str], old: Config, new: Config) -> list[str]:
    """The dotted keys in which two configurations differ; not those `free`: keys, or tables (`hardware.`)."""
    tables = tuple(name for name in free if name.endswith("."))
    return [key for key in changed_keys(old, new) if key not in free and not key.startswith(tables)]


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Overrides from texts `key=value`, the value as in TOML; what is not TOML is taken as text.

    Raises UserError for a text without a key.
    """
    overrides: dict[str, Any] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or not key.strip():
            raise UserError(f"--set takes key=value, such as augment.jpeg=0.3, not '{setting}'")
        try:
            overrides[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            overrides[key.strip()] = value
    return overrides


def _train(fabric: Fabric, config: RunConfig, folder: RunFolder, logger: Logger) -> Outcome:
    if not fabric.is_global_zero:
        try:
            return train(fabric, config, folder, Logger())
        except RuntimeError as error:
            if isinstance(error, DistError) or PEER_GONE in str(error):
                raise UserError("another process of the run ended; its own message says why") from error
            raise
    with open_loggers(config.tracking, logger) as loggers:
        return train(fabric, config, folder, loggers)
