"""A training for a while, in a process of its own."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from common.models.leaderboard import last_checkpoint
from common.runtime.errors import UserError

NO_END = 100_000  # epochs
UNHEARD = ("--set", "validation.every_steps=1000000000", "--set", "batch.loader_workers=0")


def trained_for(words: Sequence[object], task: str, minutes: float, out: Path) -> Path:
    """The last checkpoint of `python -m train WORDS` after so many minutes, and the seconds it was trained.

    A training is ended as Ctrl-C does, and not begun again where its folder has a mark that it was. Raises
    UserError for one that fails, and where it made no step in its time.
    """
    checkpoint, mark = last_checkpoint(out / "checkpoints", task), out / "done"
    if mark.is_file():
        return checkpoint
    shutil.rmtree(out, ignore_errors=True)  # of a call that was stopped
    every = [*map(str, words), "--epochs", str(NO_END), *UNHEARD, "--out", str(out)]
    with subprocess.Popen([sys.executable, "-m", "train", *every]) as process:
        status = _wait(process, minutes)
    if status or not checkpoint.is_file():
        raise UserError(f"the training in {out} failed, or made no step in {minutes:g} minutes; see above")
    mark.touch()
    return checkpoint


def _wait(process: "subprocess.Popen[bytes]", minutes: float) -> int:
    try:
        return process.wait(60 * minutes)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        process.wait()
        return 0
    except BaseException:
        process.send_signal(signal.SIGINT)
        raise
