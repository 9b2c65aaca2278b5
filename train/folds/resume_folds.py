"""Which set of folds is gone on with, and by which configuration."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from common.runtime.errors import UserError
from train.folds.fold_folder import FOLDS_FOLDER, FoldFolder, FoldPlan, fold_folders
from train.load_config import load_config
from train.records.run_folder import RUN_FOLDER, RunFolder
from train.start import RESUMABLE, changed_but
from train.tasks.classification.config import ClassifierConfig

# a fold that is finished is not trained further: all have as many epochs
OF_FOLDS = ("fold", *(key for key in RESUMABLE if key != "epochs"))


def folds_to_resume(run: str | None, file: str | None, overrides: dict[str, Any]) -> FoldFolder | None:
    """The set of folds that `--resume` means; None where it means a run that is of none.

    Args:
        run: the name of a set, or of the run of a fold; None for the latest set that is not summed up or,
            where a run of no set is later than all of them, for that.
        file, overrides: as in `load_config`; with `folds` it is the latest set of so many.

    Raises UserError where folds are asked for and there are none.
    """
    out = Path(overrides.get("out") or load_config(ClassifierConfig, file, {}).out)
    sets = fold_folders(out)
    runs = {each.name: _runs_of(each) for each in sets}
    if run is not None:
        return next((each for each in sets if run in (each.name, *runs[each.name])), None)
    if count := overrides.get("folds"):
        sets = [each for each in sets if each.read_plan().folds == count]
        if not sets:
            raise UserError(
                f"there are no {count} folds to resume in {out / FOLDS_FOLDER}; leave out --resume"
            )
    latest = max(sets, key=lambda each: (_is_open(each), max([each.name, *runs[each.name]])), default=None)
    if latest is None or count:
        return latest
    its_last = max([latest.name, *runs[latest.name]])
    return None if any(other > its_last for other in _other_runs(out, runs)) else latest


def folds_config(folder: FoldFolder, file: str | None, overrides: dict[str, Any]) -> ClassifierConfig:
    """The configuration to go on with a set by: its own, with `overrides` as in `load_config` over it.

    Without `folds` among these it is for the one fold that was asked for last, if it was one. Raises
    UserError where it would become another set.
    """
    out = folder.path.parents[1]
    stored = folder.settings.read_config(ClassifierConfig).model_copy(update={"out": out})
    if overrides.get("folds"):
        stored = stored.model_copy(update={"fold": None})
    config = load_config(ClassifierConfig, file, overrides, base=stored)
    changed = changed_but(OF_FOLDS, stored, config)
    if changed:
        raise UserError(
            f"the folds {folder.name} were started with another {', '.join(changed)}, and keep their own: "
            "leave that out, or train others without --resume"
        )
    return config


def joinable(folder: FoldFolder, config: ClassifierConfig, plan: FoldPlan) -> bool:
    """Whether a set is of the same data and configuration, and the fold asked for has not begun in it."""
    with suppress(UserError):
        stored = folder.settings.read_config(ClassifierConfig)
        changed = changed_but((*OF_FOLDS, "out"), stored, config)
        there = folder.read_plan()
        begun = config.fold in there.runs or config.fold not in folder.unfinished(there)
        return not changed and not begun and there.same_assignment(plan)
    return False


def _runs_of(folder: FoldFolder) -> list[str]:
    return list(folder.read_plan().runs.values())


def _is_open(folder: FoldFolder) -> bool:
    return bool(folder.unfinished(folder.read_plan())) or not folder.summary.is_file()


def _other_runs(out: Path, runs: dict[str, list[str]]) -> list[str]:
    """The runs of classifiers with a saved state that are of no set."""
    of_sets = {run for each in runs.values() for run in each}
    folders = [RunFolder(state.parent) for state in (out / RUN_FOLDER).glob("*/state.pt")]
    return [
        each.run
        for each in folders
        if each.run not in of_sets and (task := each.task) is not None and ClassifierConfig.takes(task)
    ]
