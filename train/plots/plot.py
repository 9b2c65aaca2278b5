"""The curves of training runs as one picture: loss, EER and the three error rates over the steps."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from common.formats.pair_category import PairCategory
from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError
from train.plots.curves import Curves, Record, curves_of, run_of
from train.plots.panels import draw_eer, draw_error_rate, draw_error_rates, draw_loss

MOST_RUNS = 8  # in one picture: as many as colours can be told apart
DOTS_PER_INCH = 130


def plot_history(
    records: Sequence[Record], path: Path, run: str | None = None, *, every_run: bool = False
) -> Path:
    """Draw records of `performance_history.json` into the PNG `path`, and return it.

    Args:
        records: of any number of runs, also of earlier versions, whose missing figures leave gaps.
        run: the one to draw; None for that of the last record.
        every_run: draw the latest runs in one picture, at most eight.

    Raises UserError when there is nothing to draw, or no such run.
    """
    runs = list(dict.fromkeys(run_of(record) for record in reversed(records)))  # the latest first
    if not runs:
        raise UserError("the history has no records yet; train first: python -m train run")
    if run is not None and run not in runs:
        raise UserError(f"no run '{run}' in the history; the latest are {', '.join(runs[:5])}")
    chosen = runs[:MOST_RUNS][::-1] if every_run else [runs[0] if run is None else run]
    curves = [curves_of(name, [record for record in records if run_of(record) == name]) for name in chosen]
    title = f"run {chosen[0]}" if len(chosen) == 1 else f"{len(chosen)} runs"
    if every_run and len(runs) > MOST_RUNS:
        title = f"the latest {MOST_RUNS} of {len(runs)} runs"
    figure = _draw(curves, title)
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH))
    return path


def _draw(curves: Sequence[Curves], title: str) -> Figure:
    several = len(curves) > 1
    rows = 2 + len(PairCategory) if several else 3
    figure = Figure(figsize=(10.5, 2.7 * rows + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=13, fontweight="bold", parse_math=False)
    panels = figure.subplots(rows, 1, sharex=True)
    draw_loss(panels[0], curves)
    draw_eer(panels[1], curves)
    if several:
        for axes, category in zip(panels[2:], PairCategory, strict=True):
            draw_error_rate(axes, curves, category)
    else:
        draw_error_rates(panels[2], curves[0])
    for axes in panels:
        axes.grid(alpha=0.25, which="both")
        axes.spines[["top", "right"]].set_visible(False)
    panels[-1].set_xlabel("step")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    panels[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    return figure
