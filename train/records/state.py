"""State of a run: all that changes while it goes on, saved for `--resume`."""

import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import Kind, describe_trouble, inspect

FORMAT = "facetrust-run-2"
AGAIN = "start a new run without --resume, with --pretrained and the last checkpoint"


@dataclass
class Progress:
    """How far a run has come."""

    epoch: int = 1  # that goes on, from 1
    batch: int = 0  # batches of it that are done
    step: int = 0  # of the optimiser
    first_step: int = 0  # what `step` was when the epoch began
    validated_step: int = -1  # the last step that was followed by a validation
    loss_sum: float = 0.0  # since the last validation
    loss_count: int = 0

    def end_epoch(self) -> None:
        """Go on to the next epoch."""
        self.epoch, self.batch, self.first_step = self.epoch + 1, 0, self.step

    def count_loss(self, loss: float) -> None:
        """Take a step's loss into the mean."""
        self.loss_sum += loss
        self.loss_count += 1

    def take_mean_loss(self) -> float | None:
        """The mean since it was last taken; None without a step."""
        mean = self.loss_sum / self.loss_count if self.loss_count else None
        self.loss_sum, self.loss_count = 0.0, 0
        return mean


class Stateful(Protocol):
    """A part with a state to save, as torch's modules and optimisers have."""

    def state_dict(self) -> dict[str, Any]:
        """The state: tensors, numbers, strings, lists and dictionaries."""

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Go on from a state."""


class RunState:
    """The state of a run: its parts by name, written to and read from one file.

    Args:
        progress: changed by the loop, saved and read back with the rest.
        data: fingerprint of what is trained and validated on, which must be the same when the run is resumed.
        parts: what else has a state.
    """

    def __init__(self, progress: Progress, data: str, parts: dict[str, Stateful]) -> None:
        self._progress = progress
        self._data = data
        self._parts = parts

    def save(self, path: Path) -> None:
        """Write the state atomically. Raises OSError when it cannot be written."""
        state = {
            "format": FORMAT,
            "data": self._data,
            "progress": asdict(self._progress),
            "parts": {name: part.state_dict() for name, part in self._parts.items()},
        }
        write_atomically(path, lambda temporary: torch.save(state, temporary))

    def load(self, path: Path) -> None:
        """Go on from the state of a file. Nothing in it is executed.

        Raises UserError that says why when it cannot be read, is no state, not a whole one, of another
        version, or of a run on other data.
        """
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # on bytes that are no state the unpickler raises nearly anything
            raise UserError(_why_unreadable(path, error)) from error
        if not isinstance(state, dict) or state.get("format") != FORMAT:
            raise UserError(f"{path} is not the state of a run of this version of facetrust")
        if state.get("data") != self._data:
            raise UserError(f"crops, labels or pair lists are not those that {path} was trained on; {AGAIN}")
        try:
            for name, part in self._parts.items():
                if state["parts"][name]:  # empty: the precision of a run without a scaler, for example
                    part.load_state_dict(state["parts"][name])
            for name, value in asdict(Progress(**state["progress"])).items():
                setattr(self._progress, name, value)
        except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise UserError(f"{path} does not fit this run; start a new one without --resume") from error


def _why_unreadable(path: Path, error: Exception) -> str:
    """One line on a file that torch does not read, by what it is."""
    try:
        content = inspect(path)
    except OSError as trouble:
        return describe_trouble(path, trouble)
    if content.damage or content.kind not in (Kind.TORCH, Kind.TORCH_LEGACY):
        return f"{path}, the state of a run, is {content.text}; {AGAIN}"
    if isinstance(error, MemoryError):
        return f"there is not enough memory to read {path}"
    if isinstance(error, pickle.UnpicklingError):
        return f"{path} holds more than the state of a run and is not loaded; {AGAIN}"
    return f"{path} cannot be read ({first_line(error)}); {AGAIN}"
