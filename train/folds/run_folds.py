"""The training of a set of folds: one ordinary run after the other, then the figures of all."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from shutil import copyfile

from lightning_fabric import Fabric

from common.models.checkpoint import read_standing
from common.models.classifier_checkpoint import read_classifier_info
from common.runtime.atomic import remove_stale_temporaries, write_atomically
from common.runtime.errors import UserError
from train.data.split import write_split
from train.distributed.devices import open_fabric
from train.distributed.process_group import closing_process_group
from train.folds.fold_folder import FOLDS_FOLDER, FoldFolder, FoldPlan, fold_folders
from train.folds.out_of_fold import score_out_of_fold, write_scores
from train.folds.plan_folds import crops_of, plan_folds, refuse_other_crops
from train.folds.resume_folds import joinable
from train.folds.summary import FoldsSummary, summarise, write_summary
from train.loggers.base import Logger
from train.records.run_folder import RUN_FOLDER, RunFolder, new_run_folder
from train.start import resume_run
from train.tasks.classification.config import ClassifierConfig

OpenLogger = Callable[[int], AbstractContextManager[Logger]]  # of the run of a fold, from 1


@dataclass(frozen=True)
class FoldsOutcome:
    """What the training of folds came to."""

    rank: int  # of this process; the other fields are known to the first
    folder: FoldFolder
    config: ClassifierConfig
    unfinished: list[int]  # folds without a classifier, from 1
    interrupted: bool = False  # the run of a fold stopped before its end, and can be resumed
    summary: FoldsSummary | None = None  # once no fold is unfinished


@closing_process_group()
def start_folds(config: ClassifierConfig, open_logger: OpenLogger) -> FoldsOutcome:
    """Assign the data to folds and train them, or the one that is asked for.

    With `config.fold` it joins a set that others of its folds were trained in, by the same configuration and
    on the same data, where there is one in which it has not begun.

    Raises UserError as `train`, where a split is named as well, and where the data has too few groups.
    """
    if config.validation.split is not None:
        raise UserError("validation.split says what is held out, as --folds does; leave one of them out")
    fabric = open_fabric(config.hardware)
    plan = plan_folds(config, fabric)
    made = _folder_of(config, plan) if fabric.is_global_zero else None
    folder = fabric.broadcast(made)
    assert folder is not None
    try:
        return _train(fabric, folder, config, open_logger)
    except UserError:
        if fabric.is_global_zero:
            folder.discard_if_unused()
        raise


@closing_process_group()
def resume_folds(folder: FoldFolder, config: ClassifierConfig, open_logger: OpenLogger) -> FoldsOutcome:
    """Go on with a set: finished folds are passed over, a fold that has begun goes on where it stopped.

    Raises UserError as `train`, and for a classifier in the folder that is of another set.
    """
    fabric = open_fabric(config.hardware)
    refuse_other_crops(crops_of(config), folder, folder.read_plan())  # before hours of work
    if fabric.is_global_zero:
        remove_stale_temporaries(folder.path)
        folder.settings.write_config(config)
    return _train(fabric, fabric.broadcast(folder), config, open_logger)


def _folder_of(config: ClassifierConfig, plan: FoldPlan) -> FoldFolder:
    """The folder of a new set, or one that the fold asked for has its place in."""
    if config.fold is not None:
        for folder in reversed(fold_folders(config.out)):
            if joinable(folder, config, plan):
                folder.settings.write_config(config)  # --resume goes on with the fold asked for last
                return folder
    folder = FoldFolder(new_run_folder(config, FOLDS_FOLDER).path)
    for part in plan.parts:
        write_split(folder.split(part.fold), part.held_out)
    folder.write_plan(plan)  # the last: with it the set is whole
    return folder


def _train(
    fabric: Fabric, folder: FoldFolder, config: ClassifierConfig, open_logger: OpenLogger
) -> FoldsOutcome:
    """Train what is unfinished of the folds that are asked for, and sum up once nothing is."""
    found = _unfinished(folder) if fabric.is_global_zero else None
    unfinished = fabric.broadcast(found)
    assert unfinished is not None
    for fold in [fold for fold in unfinished if config.fold in (None, fold)]:
        if _train_fold(fabric, folder, config, fold, open_logger):
            return FoldsOutcome(fabric.global_rank, folder, config, unfinished, interrupted=True)
        unfinished = [other for other in unfinished if other != fold]
    missing = folder.unfinished(folder.read_plan()) if fabric.is_global_zero else None
    unfinished = fabric.broadcast(missing)  # another process may have trained the rest meanwhile
    assert unfinished is not None
    summary = None if unfinished else _sum_up(fabric, folder, config)
    return FoldsOutcome(fabric.global_rank, folder, config, unfinished, summary=summary)


def _unfinished(folder: FoldFolder) -> list[int]:
    """The folds without a classifier; those that have one are checked to be of this set, by their headers."""
    plan = folder.read_plan()
    unfinished = folder.unfinished(plan)
    for part in plan.parts:
        if part.fold in unfinished:
            continue
        path, own = folder.model(part.fold), f"{part.fold} of {plan.folds}"
        if (told := read_classifier_info(path).fold) != own:
            raise UserError(f"{path} is {f'fold {told}' if told else 'of no fold'}, not fold {own}; move it")
    return unfinished


def _train_fold(
    fabric: Fabric, folder: FoldFolder, config: ClassifierConfig, fold: int, open_logger: OpenLogger
) -> bool:
    """Start the run of a fold or go on with it, and keep its best classifier; whether it was interrupted."""
    validation = config.validation.model_copy(update={"split": folder.split(fold)})
    if fabric.is_global_zero:  # the assignment decides, whatever became of what was written of it
        write_split(folder.split(fold), folder.read_plan().parts[fold - 1].held_out)
        folder.summary.unlink(missing_ok=True)  # it is of another classifier of this fold
    own = config.model_copy(update={"fold": fold, "validation": validation})
    is_first = fabric.is_global_zero
    run = _run_of(folder, own, fold) if is_first else RunFolder(folder.path)  # the first tells the others
    with open_logger(fold) if is_first else nullcontext(Logger()) as logger:
        try:
            outcome = resume_run(run, own, logger)
        except UserError:
            if is_first:
                run.discard_if_unused()
            raise
    if is_first and not outcome.interrupted:
        write_atomically(folder.model(fold), partial(copyfile, run.best))
    return outcome.interrupted


def _run_of(folder: FoldFolder, config: ClassifierConfig, fold: int) -> RunFolder:
    """The run folder of a fold, which `folds.json` names before anything is trained in it."""
    name = folder.read_plan().runs.get(fold)
    run = RunFolder(config.out / RUN_FOLDER / name) if name else None
    if run is not None and run.config.is_file():
        remove_stale_temporaries(run.path)
        return run
    run = new_run_folder(config)
    folder.note_runs({fold: run.run})
    return run


def _sum_up(fabric: Fabric, folder: FoldFolder, config: ClassifierConfig) -> FoldsSummary | None:
    """The figures of all folds once their files are written, in the first process; None in the others."""
    plan = folder.read_plan()
    scored = score_out_of_fold(config, folder, plan, fabric)
    if not fabric.is_global_zero:
        return None
    folder.note_runs({part.fold: read_standing(folder.model(part.fold)).run for part in plan.parts})
    write_scores(folder.scores, scored)
    summary = summarise(scored)
    write_summary(folder.summary, summary)
    return summary
