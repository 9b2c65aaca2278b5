"""A step as a process of its own, in this terminal, which is told of signals in the place of the chain."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from common.runtime.command_line import INTERRUPTED

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BY_SIGNAL = 128  # added to its number: the status that shells give to what a signal ended


@dataclass(frozen=True)
class Ended:
    """How a step's process ended."""

    status: int  # of the process, as a shell tells it
    asked: bool  # whether the chain was asked to stop meanwhile

    @property
    def interrupted(self) -> bool:
        """Whether the step stopped before its end because it was asked to."""
        return self.asked or self.status == INTERRUPTED


def run_child(command: Sequence[str], inherited: int, started: Callable[[int], object]) -> Ended:
    """Run `python -m COMMAND` to its end.

    Signals that ask this process to stop go to the other one, once each: it has a group of its own, so that
    a terminal does not tell it as well, and two would end it before it has saved.

    Args:
        command: the words.
        inherited: a descriptor that the process keeps open.
        started: is called with the number of the process.
    """
    asked: list[int] = []
    waiting: list[int] = []  # signals that the process was not told of yet
    processes: list[subprocess.Popen[bytes]] = []

    def pass_on() -> None:
        while processes and waiting:
            _tell(processes[0], waiting.pop(0))

    def forward(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        waiting.append(number)
        pass_on()

    heard = [number for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]  # of nohup
    before = {number: signal.signal(number, forward) for number in heard}
    try:
        sys.stdout.flush()
        words = [sys.executable, "-m", *command]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, process_group=0, pass_fds=(inherited,))
        processes.append(process)
        started(process.pid)
        pass_on()  # what came before the process was there
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return Ended(BY_SIGNAL - status if status < 0 else status, bool(asked))


def _tell(process: "subprocess.Popen[bytes]", number: int) -> None:
    if process.poll() is not None:
        return
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
