"""The tables of `benchmarks/eer.py`.

Everything is measured in one process on one thread, in turns, and the medians over the rounds are printed:

roc_curve  `sklearn.metrics.roc_curve`, which an EER is usually read off
EER  `equal_error_rate`, whose value is that of the curve to the last bit: checked in every round
report  `evaluate_pairs`: EER, those against either kind of impostor, TAR, errors of each category, accuracy
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Annotated

import numpy as np
import sklearn
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_curve

from common.formats.pair_category import PairCategory
from common.metrics import OperatingPoint, VerificationReport, equal_error_rate, evaluate_pairs

Curve = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
console = Console(width=110)


def print_tables(
    pairs: Annotated[int, typer.Option(min=10, help="Scored pairs, a third of each category.")] = 10_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Turns; the median is printed.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the scores.")] = 0,
) -> None:
    """How fast the error rates of many pairs are, beside scikit-learn's ROC curve of the same scores."""
    console.print(
        f"Python {sys.version.split()[0]}, numpy {np.__version__}, scikit-learn {sklearn.__version__}"
    )
    rng = np.random.default_rng(seed)
    categories = (np.arange(pairs) % len(PairCategory)).astype(np.int8)
    rng.shuffle(categories)
    genuine = categories == PairCategory.SAME_PERSON.code
    scores = np.clip(rng.normal(0.45 * genuine, 0.15), -1, 1)
    _print_speed(f"{pairs:,} overlapping scores", categories, scores, rounds)
    _print_speed(f"{pairs:,} scores rounded to 3 decimals", categories, scores.round(3), rounds)


def _print_speed(title: str, categories: NDArray[np.int8], scores: NDArray[np.float64], rounds: int) -> None:
    genuine = categories == PairCategory.SAME_PERSON.code
    contenders: dict[str, Callable[[], Curve | OperatingPoint | VerificationReport]] = {
        "roc_curve": lambda: roc_curve(genuine, scores),
        "EER": lambda: equal_error_rate(genuine, scores),
        "report": lambda: evaluate_pairs(categories, scores),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        rates = set()
        for name, run in contenders.items():
            start = time.perf_counter()
            found = run()
            seconds[name].append(time.perf_counter() - start)
            rates.add(_eer_of_curve(found) if isinstance(found, tuple) else found.eer)
            console.print(f"[dim]round {turn + 1}: {name} {seconds[name][-1]:.2f} s", end="\r")
        if len(rates) > 1:
            raise RuntimeError(f"the equal error rates differ: {rates}")
    table = Table("", "seconds", "roc_curve / it", title=title)
    for name, taken in seconds.items():
        # the median of the ratios turn by turn, so that a drift of the machine's speed cancels
        ratio = statistics.median(
            other / mine for other, mine in zip(seconds["roc_curve"], taken, strict=True)
        )
        table.add_row(name, f"{statistics.median(taken):.3f}", f"{ratio:.2f}")
    console.print(table)
    console.print(f"EER {rates.pop():.6f} by all three")


def _eer_of_curve(curve: Curve) -> float:
    fmr, true_accept_rate, _ = curve
    fnmr = 1 - true_accept_rate
    return float(fnmr[np.argmin(np.abs(fnmr - fmr))])
