"""The folder of a chain: what it was asked for, how far it is, and the lock of who is at work on it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from common.runtime.atomic import remove_stale_temporaries, write_text_atomically
from common.runtime.errors import UserError
from train.chain.config import ChainConfig
from train.records.run_folder import new_folder
from train.section import Section

CHAINS_FOLDER = "chains"
LONGEST_RECORD = 1 << 20  # bytes
LONGEST_NUMBER = 20  # digits of a process


class StepRecord(Section):
    """How far a step is."""

    name: str
    status: Literal["to do", "begun", "finished", "left out"] = "to do"
    reason: str = ""  # why it is left out
    command: tuple[str, ...] = ()  # what it was last started by, behind `python -m`
    made: str = ""  # what it made, below the folder of the chain


class ChainRecord(Section):
    """What `chain.json` holds."""

    config: ChainConfig
    steps: tuple[StepRecord, ...]

    def step(self, name: str) -> StepRecord:
        """The record of a step."""
        return next(step for step in self.steps if step.name == name)

    def with_step(self, changed: StepRecord) -> "ChainRecord":
        """The record with one step in the place of that of its name."""
        steps = tuple(changed if step.name == changed.name else step for step in self.steps)
        return self.model_copy(update={"steps": steps})


@dataclass(frozen=True)
class ChainFolder:
    """`training_logs/chains/NAME/`: `chain.json`, and a folder of each step that has begun."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the chain."""
        return self.path.name

    @property
    def record(self) -> Path:
        """How far it is."""
        return self.path / "chain.json"

    def read(self) -> ChainRecord:
        """The record. Raises UserError when it cannot be read."""
        try:
            if self.record.stat().st_size > LONGEST_RECORD:
                raise ValueError("too large")
            return ChainRecord.model_validate_json(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError, ValidationError) as error:
            raise UserError(
                f"{self.record} is no record of a chain of this facetrust; start one without --resume"
            ) from error

    def write(self, record: ChainRecord) -> None:
        """Write the record, atomically."""
        write_text_atomically(self.record, record.model_dump_json(indent=1) + "\n")

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Holds the chain for this process and those that inherit the descriptor that it yields.

        A step goes on where the chain alone is killed, and nothing else may work on its files then. Raises
        UserError, with the process that `note_process` noted, where the chain is held already.
        """
        lock = os.open(self.path / ".chain.lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                process = os.pread(lock, LONGEST_NUMBER, 0).decode("ascii", "replace").strip()
                raise UserError(
                    f"the chain {self.name} is at work, its step as process {process or 'unknown'}: wait for "
                    "its end, or end that process"
                ) from error
            remove_stale_temporaries(self.path)
            yield lock
        finally:
            os.close(lock)


def note_process(lock: int, process: int) -> None:
    """Note in a lock of `ChainFolder.locked` which process works on the step."""
    os.pwrite(lock, str(process).ljust(LONGEST_NUMBER).encode(), 0)


def new_chain_folder(out: Path) -> ChainFolder:
    """The folder of a new chain below a folder of logs, still empty. Raises UserError as `new_folder`."""
    return ChainFolder(new_folder(out / CHAINS_FOLDER))


def chain_to_resume(out: Path, name: str | None) -> ChainFolder:
    """The chain of a name below a folder of logs, by default the latest.

    Raises UserError where there is none.
    """
    root = out / CHAINS_FOLDER
    chains = [ChainFolder(record.parent) for record in sorted(root.glob("*/chain.json"))]
    if name is not None:
        chains = [chain for chain in chains if chain.name == name]
    if not chains:
        which = "no chain" if name is None else f"no chain '{name}'"
        raise UserError(f"there is {which} to resume in {root}; start one without --resume")
    return chains[-1]
