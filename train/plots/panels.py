"""A panel of the picture of runs; of several runs, each has its colour."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, SymmetricalLogLocator

from common.metrics.figures import BEST
from train.display import Curve, Panel
from train.plots.curves import RunCurves, Values

RUN_COLOURS = ("#3b6fb6", "#c8382f", "#2e8b57", "#b8860b", "#7b4fa3", "#2a9d9d", "#8c564b", "#555555")
STYLE_COLOUR = "#333333"  # of the legend, where colours stand for runs
DECADE = 10.0  # largest to smallest value, from which an axis is logarithmic
MOST_MARKERS = 40  # points; a longer curve has none
MOST_BANDS = 3  # runs; intervals of more hide each other
LONGEST_NAME = 28  # of a run in the legend
PRETRAINING_COLOUR = "#8a8a8a"
LOSS = Panel("Training loss", "loss", (Curve("loss", "loss"),))

Entry = tuple[Artist, str]  # of a legend


def draw_panel(
    axes: Axes, panel: Panel, runs: Sequence[RunCurves], pretraining: Sequence[RunCurves] = ()
) -> None:
    """The curves of a panel, its title and legend, which for several runs has no figures.

    Those of `pretraining` are drawn dashed behind the runs, over steps of their own.
    """
    shown = []
    for before in pretraining:
        for curve in panel.curves:
            shown.append(before.values(curve.name, panel.scale))
            _line(axes, before.step, shown[-1], PRETRAINING_COLOUR, dashed=True)
    for index, run in enumerate(runs):
        for curve in panel.curves:
            low, high = run.interval(curve.name, panel.scale)
            if len(runs) <= MOST_BANDS:
                _band(axes, run.step, low, high, _colour(curve, index, runs))
            shown.append(high)
        for curve in sorted(panel.curves, key=lambda curve: not curve.dashed):  # the solid above the dashed
            values, colour = run.values(curve.name, panel.scale), _colour(curve, index, runs)
            _line(axes, run.step, values, colour, curve.dashed)
            if (best := _best(curve, values)) is not None:
                point = run.step[best], values[best]
                axes.plot(*point, "*", color=colour, markersize=13, zorder=5, clip_on=False)
                if curve.told:
                    _tell(axes, point, run.values("epoch")[best], panel.unit, colour)
            shown.append(values)
    axes.set_title(panel.title, loc="left", fontsize=10.5, fontweight="bold")
    axes.set_ylabel(panel.axis)
    if not _is_empty(axes, np.concatenate(shown)):
        if panel.from_zero:
            axes.set_ylim(bottom=0)
        else:
            _fit_scale(axes, np.concatenate(shown))
    entries = [entry for curve in panel.curves for entry in _entries(panel, curve, runs)]
    if len(runs) == 1 or len(entries) > 1:
        _legend(axes, entries + _before(panel, pretraining))


def draw_run_names(axes: Axes, runs: Sequence[RunCurves], pretraining: Sequence[RunCurves] = ()) -> None:
    """The legend that says which colour is whose."""
    names: list[Entry] = [(_sample(RUN_COLOURS[i]), _short(run.run)) for i, run in enumerate(runs)]
    _legend(axes, names + _before(LOSS, pretraining))


def _before(panel: Panel, pretraining: Sequence[RunCurves]) -> list[Entry]:
    """What the legend says of the curves of pre-trainings."""
    return [
        (
            _sample(PRETRAINING_COLOUR, "--"),
            f"pre-training, {_short(before.run)}{_last(before.values(panel.curves[0].name), panel.unit)}",
        )
        for before in pretraining
    ]


def _tell(axes: Axes, point: tuple[float, float], epoch: float, unit: str, colour: str) -> None:
    """Write the value of a point beside it, and its epoch where that is known, away from the edge."""
    when = f", epoch {epoch:.0f}" if np.isfinite(epoch) else ""
    axes.annotate(
        f"{point[1]:.3g}{unit}{when}",
        point,
        (0, -14),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=colour,
        zorder=6,
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
    )


def _colour(curve: Curve, index: int, runs: Sequence[RunCurves]) -> str:
    return (curve.colour if len(runs) == 1 else None) or RUN_COLOURS[index]


def _entries(panel: Panel, curve: Curve, runs: Sequence[RunCurves]) -> list[Entry]:
    """What the legend says of a curve; of that of one run, also its last and its best point."""
    if len(runs) > 1:
        colour, last, best = STYLE_COLOUR, "", ""
    else:
        colour = curve.colour or RUN_COLOURS[0]
        values = runs[0].values(curve.name, panel.scale)
        last, best = _last(values, panel.unit), _at_best(curve, values, runs[0].step, panel.unit)
    known = [run for run in runs if np.isfinite(run.values(curve.name)).any()]
    if curve.dashed and not known:
        return []
    entries: list[Entry] = [(_sample(colour, "--" if curve.dashed else "-"), curve.label + last)]
    if curve.best is not None:
        entries.append((_sample(colour, marker="*"), f"{BEST[curve.best]} {curve.label}{best}"))
    if len(runs) <= MOST_BANDS and any(np.isfinite(run.interval(curve.name)[0]).any() for run in runs):
        entries.append((Patch(color=colour, alpha=0.2, linewidth=0), f"95 % interval of the {curve.label}"))
    return entries


def _best(curve: Curve, values: Values) -> int | None:
    if curve.best is None or not np.isfinite(values).any():
        return None
    return int(np.nanargmin(values) if curve.best == "lower" else np.nanargmax(values))


def _at_best(curve: Curve, values: Values, step: Values, unit: str) -> str:
    best = _best(curve, values)
    return "" if best is None else f" ({values[best]:.3g}{unit} at step {step[best]:,.0f})"


def _line(axes: Axes, step: Values, values: Values, colour: str, dashed: bool) -> None:
    known = np.isfinite(values)
    axes.plot(
        step[known],
        values[known],
        color=colour,
        linestyle="--" if dashed else "-",
        linewidth=1.0 if dashed else 1.6,
        marker="o" if known.sum() <= MOST_MARKERS else "",
        markersize=3,
    )


def _band(axes: Axes, step: Values, low: Values, high: Values, colour: str) -> None:
    known = np.isfinite(low) & np.isfinite(high)
    step, low, high = step[known], low[known], high[known]
    axes.fill_between(step, low, high, color=colour, alpha=0.15, linewidth=0)
    if len(step) == 1:  # no area yet
        axes.vlines(step, low, high, color=colour, alpha=0.4, linewidth=2)


def _is_empty(axes: Axes, values: Values) -> bool:
    """Whether there is nothing to see; says so in the panel."""
    if np.isfinite(values).any():
        return False
    axes.text(0.5, 0.5, "no figures yet", transform=axes.transAxes, ha="center", va="center", color="0.5")
    axes.set_yticks([])
    return True


def _fit_scale(axes: Axes, values: Values) -> None:
    """A logarithmic axis for values that span a decade; one that also shows 0, where there is one."""
    finite = values[np.isfinite(values)]
    positive = finite[finite > 0]
    if (finite < 0).any() or not len(positive) or positive.max() < DECADE * positive.min():
        return
    if len(positive) == len(finite):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.set_ylim(positive.min() / 1.8, positive.max() * 1.2)
    else:
        axes.set_yscale("symlog", linthresh=positive.min(), linscale=0.4)
        axes.yaxis.set_major_locator(SymmetricalLogLocator(linthresh=positive.min(), base=10, subs=[1, 2, 5]))
        axes.set_ylim(0, positive.max() * 1.2)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _legend(axes: Axes, entries: Sequence[Entry]) -> None:
    """Beside the panel, never over the curves."""
    legend = axes.legend(
        [artist for artist, _ in entries],
        [text for _, text in entries],
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize=9,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # a run may be called a$b$


def _sample(colour: str, style: Literal["-", "--"] = "-", marker: str = "") -> Line2D:
    shown = "" if marker else style
    return Line2D([], [], color=colour, linestyle=shown, marker=marker, markersize=10, linewidth=1.6)


def _last(values: Values, unit: str) -> str:
    known = values[np.isfinite(values)]
    return f" (last {known[-1]:.3g}{unit})" if len(known) else ""


def _short(name: str) -> str:
    return f"run {name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + '…'}"
