"""Which of the kept checkpoints is best; read off their own headers, so there is no index to go stale."""

from dataclasses import dataclass
from pathlib import Path

from common.metrics.figures import VERIFICATION, Ranking
from common.models.checkpoint import SUFFIX, read_standing
from common.models.standing import Standing
from common.models.weights.published import how_to_get_weights
from common.runtime.errors import UserError


@dataclass(frozen=True)
class RankedCheckpoint:
    """A checkpoint file and what its header says of its rank."""

    path: Path
    standing: Standing


def last_checkpoint(folder: Path, task: str = VERIFICATION) -> Path:
    """The file of the weights that a run of a task kept last, in a folder of checkpoints."""
    return folder / f"last{'' if task == VERIFICATION else f'-{task}'}{SUFFIX}"


def kept_checkpoints(folder: Path, task: str | None = None) -> list[RankedCheckpoint]:
    """The readable checkpoints of a folder, of one task or of all, without the last ones, by file name.

    Foreign and damaged files, and files that another run removes at this moment, are passed over.
    """
    entries = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name.startswith(".") or path == last_checkpoint(folder):
            continue
        try:
            standing = read_standing(path)
        except UserError:
            continue  # not ours to judge
        if task in (None, standing.task) and path != last_checkpoint(folder, standing.task):
            entries.append(RankedCheckpoint(path, standing))
    return entries


def rank(
    entries: list[RankedCheckpoint], by: Ranking, group: tuple[str, str] | None = None
) -> list[RankedCheckpoint]:
    """The best of `entries` first, those without the figure left out; of equals the later first.

    `group`: only those of it (see `Standing.group`), for figures of others do not compare. None for all.
    """
    measured = [
        (by.cost(figure), entry)
        for entry in entries
        if group in (None, entry.standing.group) and (figure := entry.standing.figure(by)) is not None
    ]
    measured.sort(key=lambda pair: (pair[1].standing.run, pair[1].path.name), reverse=True)
    measured.sort(key=lambda pair: (pair[0], -pair[1].standing.step, -pair[1].standing.epoch))
    return [entry for _, entry in measured]


@dataclass(frozen=True)
class Choice:
    """The checkpoint that is taken where none is named."""

    path: Path
    standing: Standing
    why: str  # one line for people


def best_checkpoint(folder: Path, task: str = VERIFICATION) -> Choice:
    """The best checkpoint of a task by its primary figure, of those that the last one compares with.

    Where there is no last checkpoint, it is the latest that was kept that they must compare with. Of equal
    ones it is the one with more steps, so that weights which were trained go before those that a run started
    from.

    Raises UserError when the folder has none.
    """
    entries = kept_checkpoints(folder, task)
    last = last_checkpoint(folder, task)
    if last.is_file():
        current: Standing | None = read_standing(last)
    else:
        standings = [entry.standing for entry in entries]
        current = max(standings, key=lambda standing: (standing.run, standing.step), default=None)
    ranked = rank(entries, current.rankings[0], current.group) if current else []
    if not ranked:
        which = (
            f"{folder} was measured on the validation {_data(task)} of the last run" if entries else folder
        )
        if task != VERIFICATION:
            raise UserError(f"no checkpoint of {task} in {which}; train one")
        tasks = {entry.standing.task for entry in kept_checkpoints(folder)} - {task}
        there = f" (those of {' and '.join(sorted(tasks))} are none; --model names one)" if tasks else ""
        raise UserError(
            f"no checkpoint of an encoder in {which}{there}; train one with 'python -m train run', or "
            "name one with --model; "
            f"{how_to_get_weights()}"
        )
    others = sum(entry.standing.group != ranked[0].standing.group for entry in entries)
    return Choice(ranked[0].path, ranked[0].standing, _why(ranked, others))


def _data(task: str) -> str:
    return "pairs" if task == VERIFICATION else "data"


def _why(ranked: list[RankedCheckpoint], others: int) -> str:
    best = ranked[0].standing
    by = best.rankings[0]
    figure = best.figure(by)
    equal = sum(entry.standing.figure(by) == figure for entry in ranked)
    why = f"the {by.best} validation {by.title}, {figure:.4f}, of {len(ranked)} checkpoints"
    if len(ranked) == 1:
        why = f"the only one with a validation {by.title}, {figure:.4f}"
    elif equal > 1:
        why += f", and the latest of {equal} with it"
    if others:
        verb = "was" if others == 1 else "were"
        why += f"; {others} more {verb} measured on other {_data(best.task)}, which do not compare"
    if best.step == 0:
        was_trained = any(entry.standing.step > 0 for entry in ranked)
        outcome = "training did not help" if was_trained else "no trained ones were validated yet"
        why += f"; these are the weights that the run started from: {outcome}"
    return why
