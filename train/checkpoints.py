"""Which checkpoints of a run stay on the disk: the best five by EER, and the last."""

from pathlib import Path

from common.checkpoint import SUFFIX, CheckpointInfo, save_checkpoint
from common.encoder import Encoder
from common.leaderboard import LAST_CHECKPOINT, ranked_checkpoints

KEPT = 5


def keep_checkpoint(folder: Path, encoder: Encoder, info: CheckpointInfo) -> Path:
    """Write the last checkpoint and, when it is among the best five on its validation pairs, one of its own.

    A checkpoint that falls off the five is removed after the new one is whole. Those measured on other
    validation pairs are left alone. Returns the file of the last checkpoint.
    """
    last = folder / LAST_CHECKPOINT
    save_checkpoint(last, encoder, info)
    if info.eer is not None:
        ranked = ranked_checkpoints(folder, info.validation)
        if len(ranked) < KEPT or info.eer <= (ranked[KEPT - 1].info.eer or 0.0):
            name = f"eer{info.eer:.4f}-{info.backbone}-epoch{info.epoch:03d}-{info.run}{SUFFIX}"
            save_checkpoint(folder / name, encoder, info)
            for entry in ranked_checkpoints(folder, info.validation)[KEPT:]:
                entry.path.unlink()
    return last
