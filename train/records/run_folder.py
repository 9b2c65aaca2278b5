"""The folder of a run: its configuration, its split, and the state that it can be resumed from."""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from common.duplicates.same_picture_list import SAME_PICTURES_FILE
from common.runtime.atomic import remove_stale_temporaries, write_text_atomically
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import describe_trouble
from train.load_config import Config, explain
from train.problems import UnknownLoss, cause_of
from train.run_config import RunConfig

RUN_FOLDER = "runs"


@dataclass(frozen=True)
class RunFolder:
    """`training_logs/runs/RUN/` and the files in it."""

    path: Path

    @property
    def run(self) -> str:
        """The name of the run."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The resolved configuration; `--config` takes it."""
        return self.path / "config.json"

    @property
    def split(self) -> Path:
        """The people held out."""
        return self.path / "split.json"

    @property
    def same_pictures(self) -> Path:
        """Crops that are one picture under several names, where there are such."""
        return self.path / SAME_PICTURES_FILE

    @property
    def state(self) -> Path:
        """All that a resumed run needs."""
        return self.path / "state.pt"

    @property
    def start(self) -> Path:
        """The weights that the run started from, where they were given: their own file may be gone."""
        return self.path / "start.safetensors"

    @property
    def best(self) -> Path:
        """Its best weights, where a run keeps them beside those of the leaderboard."""
        return self.path / "best.safetensors"

    @property
    def curves(self) -> Path:
        """Loss and error rates over the steps, drawn."""
        return self.path / "curves.png"

    @property
    def task(self) -> str | None:
        """The task that the configuration names; None where it cannot be read, which `read_config` tells."""
        try:
            found = json.loads(self.config.read_text(encoding="utf-8"))["task"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None
        return found if isinstance(found, str) else None

    def read_config(self, kind: type[Config]) -> Config:
        """The configuration that the run was started with. Raises UserError when it cannot be read."""
        try:
            return kind.model_validate_json(self.config.read_text(encoding="utf-8"))
        except OSError as error:
            told = describe_trouble(self.config, error)
            raise UserError(f"the run cannot be resumed: {told}") from error
        except ValidationError as error:
            if isinstance(cause_of(error.errors()[0]), UnknownLoss):
                raise UserError(
                    f"{self.config}: {explain(kind, error)}; resume a run of a loss of your own with the "
                    "script that registers it"
                ) from error
            raise UserError(
                f"the run cannot be resumed: {self.config} is no configuration of this facetrust "
                f"({explain(kind, error)})"
            ) from error
        except ValueError as error:
            told = first_line(error)
            raise UserError(
                f"the run cannot be resumed: {self.config} is no configuration of this facetrust ({told})"
            ) from error

    def discard_if_unused(self) -> None:
        """Remove the folder of a run that could not begin: one with nothing but its configuration in it."""
        if list(self.path.iterdir()) == [self.config]:
            self.config.unlink()
            self.path.rmdir()

    def write_config(self, config: RunConfig) -> None:
        """Store the configuration, atomically."""
        write_text_atomically(self.config, json.dumps(config.model_dump(mode="json"), indent=1) + "\n")


def new_run_folder(config: RunConfig, below: str = RUN_FOLDER) -> RunFolder:
    """A folder of its own for a new run, with its configuration in it, named after the time in UTC.

    `below`: the folder in that of the configuration that it is made in. Raises UserError where a thousand
    start in one second.
    """
    folder = RunFolder(new_folder(config.out / below))
    folder.write_config(config)
    return folder


def new_folder(root: Path) -> Path:
    """A new folder below another one, named after the time in UTC. Raises UserError as `new_run_folder`."""
    root.mkdir(parents=True, exist_ok=True)
    name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    for attempt in range(1, 1000):  # other runs may start in the same second
        folder = root / (name if attempt == 1 else f"{name}-{attempt}")
        try:
            os.mkdir(folder)  # noqa: PTH102 - fails when it exists, which is the point
        except FileExistsError:
            continue
        return folder
    raise UserError(f"too many runs start in {root} at once")


def resumable_run(kind: type[RunConfig], out: Path, name: str | None) -> RunFolder:
    """The run of this name under `out`, or the latest of a task of `kind` that has a state.

    Raises UserError when there is none to resume.
    """
    root = out / RUN_FOLDER
    if name is not None:
        folder = RunFolder(root / name)
        if Path(name).name != name or not folder.state.is_file():
            raise UserError(f"there is no run '{name}' with a saved state in {root}")
        if (task := folder.task) is not None and not kind.takes(task):
            raise UserError(f"run {name} has the task {task}, which '{kind.command}' does not resume")
    else:
        states = sorted(root.glob("*/state.pt"), key=lambda state: state.parent.name)
        folders = [RunFolder(state.parent) for state in states]
        own = [each for each in folders if (task := each.task) is None or kind.takes(task)]
        if not own:
            raise UserError(f"no run in {root} has a saved state to resume; start one without --resume")
        folder = own[-1]
    remove_stale_temporaries(folder.path)
    return folder
