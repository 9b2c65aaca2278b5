"""The tables of the experiment, for the terminal and as Markdown."""

from collections.abc import Callable, Sequence
from statistics import mean
from typing import NamedTuple

from rich.table import Table

from benchmarks.forging.judge import Errors
from benchmarks.forging.trial import NOTHING, Result
from common.forge.method_names import METHODS

Rows = list[list[str]]


class Figure(NamedTuple):
    """A column of figures: what it shows of the errors of an encoder."""

    title: str
    of: Callable[[Errors], float]


FIGURES = (
    Figure("EER", lambda errors: errors.overall),
    Figure("genuine / different-person", lambda errors: errors.different),
    Figure("genuine / synthetic", lambda errors: errors.synthetic),
)
HEADINGS = ["left out", *(figure.title for figure in FIGURES), "seeds", "training, s"]
METHOD_HEADINGS = ["tested by", "genuine / synthetic", "seeds"]
HOW_TO_READ = (
    "Equal error rates of people never trained on, before → after training; means over the seeds, and lowest "
    "to highest. A method that is left out is the only one tested by; with none left out all are."
)


def error_rows(results: Sequence[Result]) -> Rows:
    """The cells below `HEADINGS`: a row for each method that was left out, and one for none."""
    rows = []
    for left_out in (*METHODS, NOTHING):
        if same := [result for result in results if result.left_out == left_out]:
            figures = [
                change([figure.of(one.before) for one in same], [figure.of(one.after) for one in same])
                for figure in FIGURES
            ]
            seconds = mean(one.seconds for one in same)
            rows.append([left_out, *figures, str(len(same)), f"{seconds:,.0f}"])
    return rows


def method_rows(results: Sequence[Result]) -> Rows:
    """The cells below `METHOD_HEADINGS`: training with all methods, tested by each."""
    everything = [result for result in results if result.left_out == NOTHING]
    rows = []
    for method in METHODS:
        told = [one for one in everything if method in one.before.by_method]
        if told:
            before = [one.before.by_method[method] for one in told]
            rows.append(
                [method, change(before, [one.after.by_method[method] for one in told]), str(len(told))]
            )
    return rows


def change(before: Sequence[float], after: Sequence[float]) -> str:
    """Means before and after; with several, the lowest and the highest on a second line."""
    text = f"{mean(before):.4f} → {mean(after):.4f}"
    if len(before) == 1:
        return text
    spans = [f"{min(values):.4f}..{max(values):.4f}" for values in (before, after)]
    return f"{text}\n{' → '.join(spans)}"


def rich_table(title: str, headings: Sequence[str], rows: Rows) -> Table:
    """For the terminal."""
    table = Table(*headings, title=title, show_lines=True)
    for cells in rows:
        table.add_row(*cells)
    return table


def markdown_table(headings: Sequence[str], rows: Rows) -> str:
    """For a file."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(cell.replace(chr(10), '<br>') for cell in line)} |\n" for line in lines)


def report(title: str, results: Sequence[Result]) -> str:
    """All that there is so far, as Markdown."""
    parts = [f"# Forgeries never trained on\n\n{title}\n\n{HOW_TO_READ}\n"]
    parts.append(markdown_table(HEADINGS, error_rows(results)))
    if rows := method_rows(results):
        parts.append(f"Nothing left out, by method:\n\n{markdown_table(METHOD_HEADINGS, rows)}")
    return "\n".join(parts)
