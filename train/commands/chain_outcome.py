"""What `train chain` prints: each step before it starts, and at the end where everything lies."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Column, Table

from common.metrics.interval import Interval
from common.runtime.command_line import INTERRUPTED, console, print_notes, printable
from train.chain.step_names import (
    AGAIN,
    ANSWER,
    CLASSIFIER,
    FOLDS,
    FUSED,
    PAIRS,
    PRETRAIN,
    PSEUDO,
    RECOGNISER,
)
from train.run_config import TRAINING_LOGS

if TYPE_CHECKING:
    from train.chain.record import ChainFolder
    from train.chain.run_chain import ChainOutcome

SHOWN = (("auc", "AUC"), ("f1", "F1"), ("apcer", "APCER"), ("bpcer", "BPCER"))
TITLES: dict[str, str] = {  # of what the steps make
    PRETRAIN: "Pre-training",
    FOLDS: "Classifiers of the folds",
    PSEUDO: "Pseudo-labels",
    AGAIN: "Classifiers of the folds again",
    ANSWER: "Answers",
    RECOGNISER: "Recogniser",
    CLASSIFIER: "Classifier",
    FUSED: "Fused encoder",
    PAIRS: "Similarities of the pairs",
}
USES = {
    FOLDS: "Use the ensemble with: python -m infer classify PHOTOGRAPHS --model {}",
    FUSED: "Use the encoder with: python -m infer pairs PAIRS --model {}",
}
GUESSED_BY_ALL = (
    "the pseudo-labels were guessed by all folds together, of which all but one have learnt what that one "
    "holds out: out-of-fold figures with them are a little too good; only other data tells what they add"
)
NO_LABELS = (
    "the figures of the last step take every crop of the shards for bona fide, for nobody knows their "
    "labels: pass over them, or --answer the photographs"
)


class ConsoleListener:
    """Prints where the chain is."""

    def __init__(self, folder: "ChainFolder") -> None:
        console.print(f"The chain {folder.name}, in {_safe(folder.path)}")

    def left_out(self, step: str, reason: str) -> None:
        """See `Listener`."""
        console.print(f"\n[bold]{step}[/] is left out: {_safe(reason)}")

    def begins(self, step: str, number: int, steps: int, command: list[str], resumed: bool) -> None:
        """See `Listener`."""
        told = ", which goes on" if resumed else ""
        console.print(f"\n[bold]step {number} of {steps}: {step}[/]{told}")
        console.print(f"python -m {_line(command)}\n")

    def done_before(self, step: str, number: int, steps: int) -> None:
        """See `Listener`."""
        console.print(f"\n[bold]step {number} of {steps}: {step}[/] is finished")


def print_chain(outcome: "ChainOutcome") -> None:
    """Where everything lies that the chain made, or how to go on.

    Raises typer.Exit with the status of the step that it stopped in.
    """
    if outcome.stopped:
        out = outcome.folder.path.parents[1]
        where = [] if out == TRAINING_LOGS else ["--out", str(out)]
        again = ["train", "chain", "--resume", "--run", outcome.folder.name, *where]
        interrupted = outcome.status == INTERRUPTED
        told = "[yellow]Interrupted[/] in" if interrupted else f"[red]Status {outcome.status}[/] of"
        console.print(
            f"\n{told} the step {outcome.stopped}; the chain goes on there with: python -m {_line(again)}"
        )
        raise typer.Exit(outcome.status)
    made = outcome.made
    console.print()
    if FOLDS in made:
        console.print(_figures({name: made[name] for name in (FOLDS, AGAIN) if name in made}))
    print_notes(
        [GUESSED_BY_ALL] * (AGAIN in made) + [NO_LABELS] * (ANSWER in made and not outcome.config.answer)
    )
    for name, place in made.items():
        console.print(f"{TITLES[name]}: {_safe(place)}")
    for name, told in USES.items():
        if name in made:
            last = made.get(AGAIN, made[name]) if name == FOLDS else made[name]
            console.print(told.format(_safe(shlex.quote(str(last)))))


def _figures(folds: dict[str, Path]) -> Table:
    """The out-of-fold figures of each set, side by side."""
    from train.display import number, span

    table = Table("out of fold", *(Column(name, justify="right") for name in folds))
    told = {
        name: json.loads((folder / "summary.json").read_text(encoding="utf-8"))["out_of_fold"]
        for name, folder in folds.items()
    }
    for key, title in SHOWN:
        cells = []
        for each in told.values():
            interval = each["intervals"].get(key)
            cells.append(
                number(each["figures"][key]) + (f" ({span(Interval(*interval))})" if interval else "")
            )
        table.add_row(title, *cells)
    return table


def _line(words: list[str]) -> str:
    return _safe(shlex.join(words))


def _safe(value: object) -> str:
    return escape(printable(str(value)))
