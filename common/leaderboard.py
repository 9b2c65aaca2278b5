"""Which of the kept checkpoints is best; read off their own headers, so there is no index to go stale."""

from dataclasses import dataclass
from pathlib import Path

from common.checkpoint import SUFFIX, CheckpointInfo, read_checkpoint_info
from common.errors import UserError

LAST_CHECKPOINT = f"last{SUFFIX}"


@dataclass(frozen=True)
class RankedCheckpoint:
    """A checkpoint file and its header."""

    path: Path
    info: CheckpointInfo


def ranked_checkpoints(folder: Path, validation: str | None = None) -> list[RankedCheckpoint]:
    """The readable checkpoints of a folder by rising EER, without the last one; of equals the later first.

    `validation`: only those measured on this set of validation pairs; EERs of different sets do not compare.
    """
    entries = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if path.name == LAST_CHECKPOINT or path.name.startswith("."):
            continue
        try:
            info = read_checkpoint_info(path)
        except UserError:
            continue  # a foreign or damaged file in the folder is not ours to judge
        if info.eer is not None and validation in (None, info.validation):
            entries.append(RankedCheckpoint(path, info))
    return sorted(entries, key=lambda entry: (entry.info.eer, -entry.info.step, entry.path.name))


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
