"""A training for a while, in a process of its own."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from common.models.checkpoint import read_standing
from common.models.leaderboard import last_checkpoint
from common.runtime.atomic import write_text_atomically
from common.runtime.command_line import INTERRUPTED
from common.runtime.errors import UserError

ALONE = ("--epochs", "100000", "--set", "batch.loader_workers=0")
UNHEARD = ("--set", "validation.every_steps=1000000000")


def trained_for(words: Sequence[object], task: str, minutes: float, out: Path) -> Path:
    """The last checkpoint of `python -m train WORDS` after so many minutes.

    A training is not begun again where its folder has a mark that it was ended. Raises UserError as
    `train_for`, where that was after other minutes, and for one that made no step in its time.
    """
    checkpoint, mark = last_checkpoint(out / "checkpoints", task), out / "minutes"
    if mark.is_file():
        refuse_other_time(out, float(mark.read_text(encoding="utf-8")), minutes)
        return checkpoint
    shutil.rmtree(out, ignore_errors=True)  # of a call that was stopped
    train_for([*words, *UNHEARD, "--out", out], minutes)
    if not checkpoint.is_file() or read_standing(checkpoint).step < 1:
        raise UserError(f"the training in {out} made no step in {minutes:g} minutes; give it more --minutes")
    write_text_atomically(mark, f"{minutes:g}\n")
    return checkpoint


def train_for(words: Sequence[object], minutes: float) -> None:
    """Run `python -m train WORDS`, and end it as Ctrl-C does once its minutes are over.

    Raises UserError where it fails.
    """
    with subprocess.Popen([sys.executable, "-m", "train", *map(str, [*words, *ALONE])]) as process:
        try:
            status = process.wait(60 * minutes)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            status = process.wait()
        except BaseException:
            process.send_signal(signal.SIGINT)
            raise
    if status not in (0, INTERRUPTED):
        raise UserError(f"the training 'python -m train {words[0]} …' failed; see above")


def refuse_other_time(stored: Path, found: float, minutes: float) -> None:
    """Raises UserError where what is on the disk is of trainings of another length."""
    if found != minutes:
        raise UserError(
            f"{stored} is of {found:g} minutes a training, not {minutes:g}; name another folder with --out"
        )
