"""A step of a chain: a command of facetrust with a folder for what it makes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.models.leaderboard import best_checkpoint
from common.runtime.errors import UserError
from train.chain.config import ChainConfig
from train.chain.step_names import StepName

Made = Mapping[str, Path]  # what finished steps made, by their names
Command = list[str]  # the words behind `python -m`


def never(config: ChainConfig, made: Made) -> str:
    """No reason to leave a step out."""
    return ""


def nothing(config: ChainConfig) -> None:
    """A check of nothing."""


def nothing_before(config: ChainConfig, folder: Path) -> None:
    """A preparation of nothing."""


def anew(folder: Path) -> Command:
    """The resumption of what cannot go on: nothing to go on with."""
    return []


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: also of its folder.
        uses: the settings of the chain that bear on it.
        command: starts it, with what it makes in the folder.
        made: what it made in the folder, for those behind it; UserError where that is not there.
        needs: the steps that have to stand before it, whose products it takes.
        takes: others whose products it takes where they stand before it.
        left_out: why it does not apply, as far as the steps before it tell; empty where it does.
        resumption: goes on with what an interrupted or killed one left in the folder; empty where it has to
            begin anew.
        check: raises UserError, before anything begins, for what it would refuse after hours.
        prepare: writes into the folder of a new chain what it shares with other steps.
    """

    name: StepName
    uses: tuple[str, ...]
    command: Callable[[ChainConfig, Made, Path], Command]
    made: Callable[[Path], Path]
    needs: tuple[StepName, ...] = ()
    takes: tuple[StepName, ...] = ()
    left_out: Callable[[ChainConfig, Made], str] = never
    resumption: Callable[[Path], Command] = anew
    check: Callable[[ChainConfig], None] = nothing
    prepare: Callable[[ChainConfig, Path], None] = nothing_before


def each(option: str, values: Sequence[object]) -> Command:
    """The words of an option that is given once for every value."""
    return [word for value in values for word in (option, str(value))]


def resumed(command: str, run: str, folder: Path) -> Command:
    """`train COMMAND` that goes on with a run, or with a set of folds, in the folder of a step."""
    return ["train", command, "--resume", "--run", run, "--out", str(folder)]


def resumption_of_run(command: str) -> Callable[[Path], Command]:
    """The `Step.resumption` of a step that is a single run of `train COMMAND`."""

    def resumption(folder: Path) -> Command:
        states = sorted(folder.glob("runs/*/state.pt"))
        return resumed(command, states[-1].parent.name, folder) if states else []

    return resumption


def best_of_run(task: str) -> Callable[[Path], Path]:
    """The `Step.made` of such a step: the best checkpoint of the task."""
    return lambda folder: best_checkpoint(folder / "checkpoints", task).path


def first_table(folder: Path) -> Path:
    """The `Step.made` of a step that answers: its table."""
    tables = sorted(folder.glob("*.csv"))
    if not tables:
        raise UserError(f"no answers were written to {folder}")
    return tables[0]
