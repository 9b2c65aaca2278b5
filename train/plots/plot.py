"""The curves of training runs as one picture: the loss and the figures of their task over the steps."""

from collections.abc import Collection, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError
from train.display import Panel
from train.plots.curves import Record, RunCurves, run_of, task_of
from train.plots.panels import LOSS, draw_panel, draw_run_names
from train.tasks.registry import task_named

MOST_RUNS = 8  # in one picture: as many as colours can be told apart
DOTS_PER_INCH = 130


def plot_history(
    records: Sequence[Record],
    path: Path,
    run: str | None = None,
    *,
    every_run: bool = False,
    folds: Sequence[str] = (),
) -> Path:
    """Draw records of `performance_history.json` into the PNG `path`, and return it.

    Args:
        records: of any number of runs, also of earlier versions, whose missing figures leave gaps.
        run: the one to draw; None for that of the last record.
        every_run: draw the latest runs of the task of the last record in one picture, at most eight.
        folds: the runs of the folds of one data set, to be drawn in one picture; then `run` names the set.

    Where runs started from a pre-training that is in the history, its loss is drawn behind theirs.

    Raises UserError when there is nothing to draw, no such run, or its task is not known here.
    """
    tasks = {run_of(record): task_of(record) for record in reversed(records)}  # the latest run first
    if not tasks:
        raise UserError("the history has no records yet; train first: python -m train run")
    runs = list(tasks)
    if folds:
        begun = _begun(run or "", folds, tasks)
        more = f", the first {MOST_RUNS} of {len(begun)}" if len(begun) > MOST_RUNS else ""
        return _draw_chosen(records, path, begun[:MOST_RUNS], f"folds {run}{more}")
    if run is not None and run not in runs:
        raise UserError(f"no run '{run}' in the history; the latest are {', '.join(runs[:5])}")
    last = runs[0] if run is None else run
    alike = [name for name in runs if tasks[name] == tasks[last]]
    chosen = alike[:MOST_RUNS][::-1] if every_run else [last]
    title = f"run {last}" if len(chosen) == 1 else f"{len(chosen)} runs"
    if every_run and len(alike) > MOST_RUNS:
        title = f"the latest {MOST_RUNS} of {len(alike)} runs"
    return _draw_chosen(records, path, chosen, title)


def _begun(name: str, folds: Sequence[str], known: Collection[str]) -> list[str]:
    """The runs of folds that have records. Raises UserError where none has."""
    chosen = [run for run in folds if run in known]
    if not chosen:
        raise UserError(f"no fold of {name} has been validated yet; look again later")
    return chosen


def _draw_chosen(records: Sequence[Record], path: Path, chosen: Sequence[str], title: str) -> Path:
    """Draw runs of one task, the task of the first, into one picture."""
    runs = [RunCurves.of(name, records) for name in chosen]
    panels = task_named(task_of(runs[0].records[-1])).panels(several=len(chosen) > 1)
    names = dict.fromkeys(name for run in runs for name in run.texts("pretraining"))
    before = [found for name in names if (found := RunCurves.of(name, records)).records]
    figure = _draw(runs, before, [LOSS, *panels], title)
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH))
    return path


def _draw(
    runs: Sequence[RunCurves], pretraining: Sequence[RunCurves], panels: Sequence[Panel], title: str
) -> Figure:
    figure = Figure(figsize=(10.5, 2.7 * len(panels) + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold", parse_math=False)
    rows = figure.subplots(len(panels), 1, sharex=True)
    for axes, panel in zip(rows, panels, strict=True):
        draw_panel(axes, panel, runs, pretraining if panel is LOSS else ())
        axes.grid(alpha=0.25, which="both")
        axes.spines[["top", "right"]].set_visible(False)
    if len(runs) > 1:
        draw_run_names(rows[0], runs, pretraining)
    rows[-1].set_xlabel("step")
    rows[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    rows[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    return figure
