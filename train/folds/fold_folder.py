"""The folder of a set of folds: `OUT/folds/NAME/` and the files in it."""

from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from common.models.checkpoint import SUFFIX
from common.runtime.atomic import write_text_atomically
from common.runtime.errors import UserError
from train.records.run_folder import RUN_FOLDER, RunFolder

FOLDS_FOLDER = "folds"
LONGEST_PLAN = 1 << 28  # bytes; a million names take less


class FoldPart(BaseModel):
    """One fold: what it holds out, and the run that trains on the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fold: int = Field(ge=1)
    run: str = Field("", pattern=r"^([^./\\][^/\\]*)?$")  # empty until it begins; never a path
    bona_fide: int = Field(ge=0)  # crops held out
    synthetic: int = Field(ge=0)
    held_out: tuple[str, ...]  # identities, sorted


class FoldPlan(BaseModel):
    """The assignment of a data set to folds, as `folds.json` has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int = Field(ge=2)
    seed: int
    data: str  # fingerprint of the crops and their labels
    parts: tuple[FoldPart, ...]  # in their order

    @model_validator(mode="after")
    def _each_once(self) -> "FoldPlan":
        if [part.fold for part in self.parts] != list(range(1, self.folds + 1)):
            raise ValueError("a fold is missing, or there more than once")
        people = [person for part in self.parts for person in part.held_out]
        if len(set(people)) < len(people):
            raise ValueError("a person is held out by two folds")
        return self

    def same_assignment(self, other: "FoldPlan") -> bool:
        """Whether another one is of the same data and holds out the same in each fold, whatever its runs."""
        return self.with_runs({}) == other.with_runs({})

    def with_runs(self, runs: dict[int, str]) -> "FoldPlan":
        """The plan with the runs of its folds, by fold, in the place of those it has."""
        parts = tuple(part.model_copy(update={"run": runs.get(part.fold, "")}) for part in self.parts)
        return self.model_copy(update={"parts": parts})

    @property
    def runs(self) -> dict[int, str]:
        """The runs of the folds that have begun, by fold."""
        return {part.fold: part.run for part in self.parts if part.run}


@dataclass(frozen=True)
class FoldFolder:
    """`training_logs/folds/NAME/`, which has the configuration of a run folder beside files of its own."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the set, like that of a run."""
        return self.path.name

    @property
    def settings(self) -> RunFolder:
        """What reads and writes the configuration of the set."""
        return RunFolder(self.path)

    @property
    def plan(self) -> Path:
        """The assignment and the runs."""
        return self.path / "folds.json"

    @property
    def scores(self) -> Path:
        """What each crop got from the classifier that was not trained on it."""
        return self.path / "out_of_fold.csv"

    @property
    def summary(self) -> Path:
        """The figures of the folds and of all crops together."""
        return self.path / "summary.json"

    def split(self, fold: int) -> Path:
        """What a fold holds out, as the split of a run."""
        return self.path / f"split_{fold}.json"

    def model(self, fold: int) -> Path:
        """The best classifier of a fold; there once its run is finished."""
        return self.path / f"fold_{fold}{SUFFIX}"

    def unfinished(self, plan: FoldPlan) -> list[int]:
        """The folds without a classifier, in their order."""
        return [part.fold for part in plan.parts if not self.model(part.fold).is_file()]

    def read_plan(self) -> FoldPlan:
        """The plan. Raises UserError when it cannot be read."""
        try:
            if self.plan.stat().st_size > LONGEST_PLAN:
                raise ValueError("too large")
            return FoldPlan.model_validate_json(self.plan.read_text(encoding="utf-8"))
        except (OSError, ValueError, ValidationError) as error:
            raise UserError(
                f"{self.plan} is no assignment of folds of this facetrust; put it back, or move its folder"
            ) from error

    def write_plan(self, plan: FoldPlan) -> None:
        """Write the plan, atomically."""
        write_text_atomically(self.plan, plan.model_dump_json(indent=1) + "\n")

    def discard_if_unused(self) -> None:
        """Remove a set that could not begin: one without a classifier, and without the folder of a run."""
        plan = self.read_plan()
        runs = self.path.parents[1] / RUN_FOLDER
        if len(self.unfinished(plan)) == plan.folds and not any(
            (runs / run).exists() for run in plan.runs.values()
        ):
            rmtree(self.path)

    def note_runs(self, runs: dict[int, str]) -> FoldPlan:
        """Name the runs of some folds, by fold, in `folds.json`, and return what it then is.

        Several processes may train a fold each and note their own.
        """
        with FileLock(self.path / ".folds.json.lock"):
            before = self.read_plan()
            plan = before.with_runs(before.runs | runs)
            if plan != before:
                self.write_plan(plan)
        return plan


def fold_folders(out: Path) -> list[FoldFolder]:
    """The sets of folds below a folder of logs, by their names, which begin with their time."""
    return [FoldFolder(plan.parent) for plan in sorted((out / FOLDS_FOLDER).glob("*/folds.json"))]
