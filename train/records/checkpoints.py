"""Which checkpoints stay on the disk: the best five by EER, the best five by accuracy, and the last."""

import math
import re
from pathlib import Path

from common.models.checkpoint import SUFFIX, CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.leaderboard import LAST_CHECKPOINT, RankedCheckpoint, Ranking, kept_checkpoints, rank

KEPT = 5  # by each ranking


def keep_checkpoint(folder: Path, encoder: Encoder, info: CheckpointInfo) -> Path:
    """Write the last checkpoint and, when it is among the best by EER or by accuracy, one of its own.

    It competes with those measured on the same validation pairs, of all runs. Those that are among the best
    no more are removed after the new one is whole; what a killed run has left over is removed with them. Only
    files that were named here are removed: a checkpoint that somebody else put there or renamed stays.
    Returns the file of the last checkpoint. Raises OSError when the folder cannot be written.
    """
    last = folder / LAST_CHECKPOINT
    save_checkpoint(last, encoder, info)
    own = folder / checkpoint_name(info)
    entries = [entry for entry in kept_checkpoints(folder) if entry.path != own]
    newcomer = RankedCheckpoint(own, info)
    if _is_measured(info) and newcomer in best_of([*entries, newcomer], info.validation):
        save_checkpoint(own, encoder, info)
        entries.append(newcomer)
    best = best_of(entries, info.validation)
    for entry in entries:
        is_ours = entry.path.name == checkpoint_name(entry.info)
        if entry.info.validation == info.validation and is_ours and entry not in best:
            entry.path.unlink(missing_ok=True)  # another run may have been quicker
    return last


def best_of(entries: list[RankedCheckpoint], validation: str) -> list[RankedCheckpoint]:
    """Those measured on these validation pairs that are among the best by at least one ranking."""
    return [entry for by in Ranking for entry in rank(entries, validation, by)[:KEPT]]


def checkpoint_name(info: CheckpointInfo) -> str:
    """The file name of a kept checkpoint: `eer0.0412-acc0.9580-ir_101-epoch003-step001234-RUN.safetensors`.

    Characters of the backbone and the run that a file name had better not have become `_`.
    """
    figures = f"eer{_figure(info.eer)}-acc{_figure(info.accuracy)}"
    when = f"epoch{info.epoch:03d}-step{info.step:06d}"
    return f"{figures}-{_plain(info.backbone)}-{when}-{_plain(info.run)}{SUFFIX}"


def _is_measured(info: CheckpointInfo) -> bool:
    return all(value is not None and math.isfinite(value) for value in (info.eer, info.accuracy))


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:64]
