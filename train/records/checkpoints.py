"""Retention of checkpoints: the last, and the best five by each ranking of their task."""

import re
from collections.abc import Callable
from pathlib import Path

from common.models.checkpoint import SUFFIX, read_standing
from common.models.leaderboard import RankedCheckpoint, kept_checkpoints, last_checkpoint, rank
from common.models.standing import Standing
from train.display import number

CHECKPOINT_FOLDER = "checkpoints"  # below that of the history
KEPT = 5  # by each ranking


def keep_checkpoint(folder: Path, standing: Standing, save: Callable[[Path], None]) -> None:
    """Write the last checkpoint and, when it is among the best by any ranking, one of its own.

    It competes with those measured on the same validation data, of all runs. Those that are among the best
    no more are removed after the new one is whole; what a killed run has left over is removed with them. Only
    files that were named here are removed: a checkpoint that somebody else put there or renamed stays.

    Args:
        folder: of the checkpoints.
        standing: of the weights that are to be kept.
        save: writes the checkpoint to a path.

    Raises OSError when the folder cannot be written.
    """
    save(last_checkpoint(folder, standing.task))
    own = folder / checkpoint_name(standing)
    entries = [entry for entry in kept_checkpoints(folder, standing.task) if entry.path != own]
    newcomer = RankedCheckpoint(own, standing)
    is_measured = all(standing.figure(by) is not None for by in standing.rankings)
    if is_measured and newcomer in _best_of([*entries, newcomer], standing):
        save(own)
        entries.append(newcomer)
    best = _best_of(entries, standing)
    for entry in entries:
        is_ours = entry.path.name == checkpoint_name(entry.standing)
        if entry.standing.group == standing.group and is_ours and entry not in best:
            entry.path.unlink(missing_ok=True)  # another run may have been quicker


def keep_best(path: Path, standing: Standing, save: Callable[[Path], None]) -> None:
    """Write the checkpoint of a run unless the one at `path`, of earlier weights of it, is better.

    It is for the primary ranking, of equals the later. The leaderboard decides among all runs, and drops the
    best of one for better ones of others.

    Raises OSError when the folder cannot be written, UserError for a file at `path` that is no checkpoint.
    """
    entries = [RankedCheckpoint(path, standing)]
    if path.is_file():
        entries.append(RankedCheckpoint(path, read_standing(path)))
    ranked = rank(entries, standing.rankings[0])
    if not ranked or ranked[0].standing == standing:
        save(path)


def checkpoint_name(standing: Standing) -> str:
    """The file name of a kept checkpoint: `eer0.0412-acc0.9580-ir_101-epoch003-step001234-RUN.safetensors`.

    Characters of the network and the run that a file name had better not have become `_`.
    """
    figures = (f"{by.mark}{number(standing.figure(by))}" for by in standing.rankings)
    when = f"epoch{standing.epoch:03d}-step{standing.step:06d}"
    return "-".join([*figures, _plain(standing.network), when, _plain(standing.run)]) + SUFFIX


def _best_of(entries: list[RankedCheckpoint], standing: Standing) -> list[RankedCheckpoint]:
    return [entry for by in standing.rankings for entry in rank(entries, by, standing.group)[:KEPT]]


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name)[:64]
