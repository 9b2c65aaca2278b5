"""Which of the kept checkpoints is best; read off their own headers, so there is no index to go stale."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from common.checkpoint import SUFFIX, CheckpointInfo, read_checkpoint_info
from common.errors import UserError

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
    measured.sort(key=lambda pair: (pair[0], -pair[1].info.step, pair[1].path.name))
    return [entry for _, entry in measured]


def ranked_checkpoints(
    folder: Path, validation: str | None = None, by: Ranking = Ranking.EER
) -> list[RankedCheckpoint]:
    """The kept checkpoints of a folder, the best first; see `kept_checkpoints` and `rank`."""
    return rank(kept_checkpoints(folder), validation, by)


def best_checkpoint(folder: Path) -> Path:
    """The checkpoint of lowest EER among those measured on the same pairs as the last run's.

    Raises UserError when the folder has none.
    """
    last = folder / LAST_CHECKPOINT
    validation = read_checkpoint_info(last).validation if last.is_file() else None
    entries = ranked_checkpoints(folder, validation)
    if not entries:
        raise UserError(
            f"no checkpoint in {folder}; train one with 'python -m train run' or name one with --model"
        )
    return entries[0].path
