"""The chain from its first step to its last, and from wherever it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Any, Protocol

from common.runtime.command_line import INTERRUPTED
from common.runtime.errors import UserError
from train.chain.child import Ended, run_child
from train.chain.config import ChainConfig
from train.chain.record import (
    ChainFolder,
    ChainRecord,
    StepRecord,
    chain_to_resume,
    new_chain_folder,
    note_process,
)
from train.chain.step import Command, Made, Step
from train.chain.steps import steps_of
from train.load_config import load_config
from train.start import changed_but

Run = Callable[[Sequence[str], int, Callable[[int], object]], Ended]  # as `run_child`


class Listener(Protocol):
    """Who is told how far the chain is."""

    def left_out(self, step: str, reason: str) -> None:
        """A step does not apply."""

    def begins(self, step: str, number: int, steps: int, command: Command, resumed: bool) -> None:
        """A step is about to start, or to go on: its number from 1, of how many, and the words of it."""

    def done_before(self, step: str, number: int, steps: int) -> None:
        """A step was finished by an earlier session."""


@dataclass(frozen=True)
class ChainOutcome:
    """How a session of the chain ended."""

    folder: ChainFolder
    config: ChainConfig
    made: Made  # by the steps that are finished
    stopped: str = ""  # the step that it ended in; empty after the last
    status: int = 0  # of that


def start_chain(config: ChainConfig) -> ChainFolder:
    """The folder of a new chain, in which nothing has begun.

    Raises UserError as `steps_of`, and, before hours of work, for what a step would refuse (`Step.check`).
    """
    steps = steps_of(config)
    for step in steps:
        if not step.left_out(config, {}):
            step.check(config)
    folder = new_chain_folder(config.out)
    for step in steps:
        step.prepare(config, folder.path)
    folder.write(ChainRecord(config=config, steps=tuple(StepRecord(name=step.name) for step in steps)))
    return folder


def resumed_chain(name: str | None, file: str | None, overrides: dict[str, Any]) -> ChainFolder:
    """The chain of a name, or the latest, to go on with by its own configuration.

    Args:
        name: None for the latest.
        file, overrides: as in `load_config`; they may not change it, but say where it lies (`out`).

    Raises UserError where there is none, and where it would become another.
    """
    out = Path(overrides.get("out") or load_config(ChainConfig, file, {}).out)
    folder = chain_to_resume(out, name)
    stored = folder.read().config.model_copy(update={"out": out})  # the folder may have moved
    if changed := changed_but((), stored, load_config(ChainConfig, file, overrides, base=stored)):
        raise UserError(
            f"the chain {folder.name} was started with another {', '.join(changed)}, and keeps its own: "
            "leave that out, or start another without --resume"
        )
    return folder


def run_chain(folder: ChainFolder, listener: Listener, run: Run = run_child) -> ChainOutcome:
    """Run the steps of a chain that are not finished, in their order, until one fails or is interrupted.

    A step that has begun goes on where it stopped, or anew where it left nothing to go on with.

    Args:
        folder: of the chain.
        listener: is told of each step.
        run: runs the command of a step.

    Raises UserError where another process is at work on it, and where what a finished step made is not there.
    """
    with folder.locked() as lock:
        return _Session(folder, listener, run, lock).outcome()


@dataclass
class _Session:
    folder: ChainFolder
    listener: Listener
    run: Run
    lock: int

    def outcome(self) -> ChainOutcome:
        record = self.folder.read()
        config = record.config
        made: dict[str, Path] = {}
        steps = steps_of(config)
        planned = [step for step in steps if not step.left_out(config, {})]
        reached = ChainOutcome(self.folder, config, made)
        self._refuse_half_removed(steps, record)
        for step in steps:
            number = planned.index(step) + 1 if step in planned else 0
            own = record.step(step.name)
            if reason := step.left_out(config, made):
                self.listener.left_out(step.name, reason)
                self._note(StepRecord(name=step.name, status="left out", reason=reason))
                continue
            if self._is_done(own):
                self.listener.done_before(step.name, number, len(planned))
            else:
                ended = self._step(step, own, config, made, (number, len(planned)))
                if ended.status or (ended.asked and step is not planned[-1]):
                    return replace(reached, stopped=step.name, status=ended.status or INTERRUPTED)
            made[step.name] = self.folder.path / self.folder.read().step(step.name).made
        return reached

    def _refuse_half_removed(self, steps: Sequence[Step], record: ChainRecord) -> None:
        """Raises UserError where a finished step was made of what a step had made whose folder is gone."""
        gone: set[str] = set()
        for step in steps:
            folder = self.folder.path / step.name
            if record.step(step.name).status != "finished":
                continue
            if not folder.exists():
                gone.add(step.name)
            elif behind := gone & {*step.needs, *step.takes}:
                raise UserError(
                    f"the step {step.name} was made of what {min(behind)} made, whose folder was removed: "
                    f"put that back, or remove {folder} too to have both run anew"
                )

    def _is_done(self, step: StepRecord) -> bool:
        """Whether a step is finished; not where its folder was removed, for it to be run anew."""
        if step.status != "finished" or not (self.folder.path / step.name).exists():
            return False
        if not (made := self.folder.path / step.made).exists():
            raise UserError(
                f"the step {step.name} made {made}, which is not there: put it back, or remove the folder "
                f"{self.folder.path / step.name} to have the step run anew"
            )
        return True

    def _step(
        self, step: Step, own: StepRecord, config: ChainConfig, made: Made, place: tuple[int, int]
    ) -> Ended:
        folder = self.folder.path / step.name
        going_on = step.resumption(folder) if own.status == "begun" else []
        if not going_on and folder.exists():
            rmtree(folder)  # what was left of it is nothing to go on with
        command = going_on or step.command(config, made, folder)
        self._note(begun := StepRecord(name=step.name, status="begun", command=tuple(command)))
        self.listener.begins(step.name, *place, command, bool(going_on))
        ended = self.run(command, self.lock, lambda process: note_process(self.lock, process))
        if not ended.status:
            result = step.made(folder).relative_to(self.folder.path)
            self._note(begun.model_copy(update={"status": "finished", "made": str(result)}))
        return ended

    def _note(self, step: StepRecord) -> None:
        self.folder.write(self.folder.read().with_step(step))
