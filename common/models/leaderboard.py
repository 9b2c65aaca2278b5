"""Which of the kept checkpoints is best; read off their own headers, so there is no index to go stale."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from common.models.checkpoint import SUFFIX, CheckpointInfo, read_checkpoint_info
from common.models.weights.published import how_to_get_weights
from common.runtime.errors import UserError

LAST_CHECKPOINT = f"last{SUFFIX}"


class Ranking(StrEnum):
    """What checkpoints are ranked by, on the validation pairs."""

    EER = "eer"  # the lowest first
    ACCURACY = "accuracy"  # the highest first, at the threshold of the EER


# the smaller, the better; None where the figure is undefined
_ERROR_OF: dict[Ranking, Callable[[CheckpointInfo], float | None]] = {
    Ranking.EER: lambda info: info.eer,
    Ranking.ACCURACY: lambda info: None if info.accuracy is None else -info.accuracy,
}


@dataclass(frozen=True)
class RankedCheckpoint:
    """A checkpoint file and its header."""

    path: Path
    info: CheckpointInfo


def kept_checkpoints(folder: Path) -> list[RankedCheckpoint]:
    """The readable checkpoints of a folder without the last one, by file name.

    Foreign and damaged files, and files that another run removes at this moment, are passed over.
    """
    entries = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name == LAST_CHECKPOINT or path.name.startswith("."):
            continue
        try:
            entries.append(RankedCheckpoint(path, read_checkpoint_info(path)))
        except UserError:
            continue  # not ours to judge
    return entries


def rank(
    entries: list[RankedCheckpoint], validation: str | None = None, by: Ranking = Ranking.EER
) -> list[RankedCheckpoint]:
    """The best of `entries` first, those without the figure left out; of equals the later first.

    `validation`: only those measured on this set of validation pairs; figures of different sets do not
    compare. `None` for all of them.
    """
    measured = [
        (error, entry)
        for entry in entries
        if validation in (None, entry.info.validation) and (error := _ERROR_OF[by](entry.info)) is not None
    ]
    measured.sort(key=lambda pair: (pair[1].info.run, pair[1].path.name), reverse=True)
    measured.sort(key=lambda pair: (pair[0], -pair[1].info.step, -pair[1].info.epoch))
    return [entry for _, entry in measured]


def ranked_checkpoints(
    folder: Path, validation: str | None = None, by: Ranking = Ranking.EER
) -> list[RankedCheckpoint]:
    """The kept checkpoints of a folder, the best first; see `kept_checkpoints` and `rank`."""
    return rank(kept_checkpoints(folder), validation, by)


@dataclass(frozen=True)
class Choice:
    """The checkpoint that is taken where none is named."""

    path: Path
    info: CheckpointInfo
    why: str  # one line for people


def best_checkpoint(folder: Path) -> Choice:
    """The checkpoint of lowest EER among those measured on the same validation pairs as the last one.

    Where there is no last checkpoint, the pairs are those of the latest that was kept. Of equal ones it is
    the one with more steps, so that weights which were trained go before those that a run started from.

    Raises UserError when the folder has none.
    """
    entries = kept_checkpoints(folder)
    validation = _current_validation(folder, entries)
    ranked = rank(entries, validation) if validation is not None else []
    if not ranked:
        which = f"{folder} was measured on the validation pairs of the last run" if entries else folder
        raise UserError(
            f"no checkpoint in {which}; train one with 'python -m train run', or name one with --model; "
            f"{how_to_get_weights()}"
        )
    others = sum(entry.info.validation != validation for entry in entries)
    return Choice(ranked[0].path, ranked[0].info, _why(ranked, others))


def _current_validation(folder: Path, entries: list[RankedCheckpoint]) -> str | None:
    last = folder / LAST_CHECKPOINT
    if last.is_file():
        return read_checkpoint_info(last).validation
    latest = max(entries, key=lambda entry: (entry.info.run, entry.info.step), default=None)
    return latest.info.validation if latest else None


def _why(ranked: list[RankedCheckpoint], others: int) -> str:
    best = ranked[0].info
    equal = sum(entry.info.eer == best.eer for entry in ranked)
    why = f"the lowest validation EER, {best.eer:.4f}, of {len(ranked)} checkpoints"
    if len(ranked) == 1:
        why = f"the only one with a validation EER, {best.eer:.4f}"
    elif equal > 1:
        why += f", and the latest of {equal} with it"
    if others:
        verb = "was" if others == 1 else "were"
        why += f"; {others} more {verb} measured on other pairs, which do not compare"
    if best.step == 0:
        was_trained = any(entry.info.step > 0 for entry in ranked)
        outcome = "training did not help" if was_trained else "no trained ones were validated yet"
        why += f"; these are the weights that the run started from: {outcome}"
    return why
