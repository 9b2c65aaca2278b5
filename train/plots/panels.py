"""The three panels of the picture of a run; of several runs, each has its colour."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, SymmetricalLogLocator

from common.formats.pair_category import PairCategory
from train.plots.curves import Curves, Values

RUN_COLOURS = ("#3b6fb6", "#c8382f", "#2e8b57", "#b8860b", "#7b4fa3", "#2a9d9d", "#8c564b", "#555555")
CATEGORY_COLOURS = dict(zip(PairCategory, ("#2e8b57", "#3b6fb6", "#c8382f"), strict=True))
STYLE_COLOUR = "#333333"  # of the legend, where colours stand for runs
DECADE = 10.0  # largest to smallest value, from which an axis is logarithmic
MOST_MARKERS = 40  # points; a longer curve has none
MOST_BANDS = 3  # runs; intervals of more hide each other
LONGEST_NAME = 28  # of a run in the legend


def draw_loss(axes: Axes, curves: Sequence[Curves]) -> None:
    """The mean loss between validations; of several runs, the legend that says which colour is whose."""
    for index, run in enumerate(curves):
        _line(axes, run.step, run.loss, RUN_COLOURS[index])
    _title(axes, "Training loss", "loss")
    _fit_scale(axes, [run.loss for run in curves])
    if len(curves) > 1:
        _legend(axes, [(_sample(RUN_COLOURS[i]), _short(run.run)) for i, run in enumerate(curves)])
    else:
        _legend(axes, [(_sample(RUN_COLOURS[0]), f"loss{_last(curves[0].loss)}")])


def draw_eer(axes: Axes, curves: Sequence[Curves]) -> None:
    """The EER in percent with its lowest point, its 95 % interval, and the EER of hard pairs."""
    for index, run in enumerate(curves):
        colour = RUN_COLOURS[index]
        if len(curves) <= MOST_BANDS:
            _band(axes, run, colour)
        _line(axes, run.step, run.hard_eer, colour, "--", width=1.0)
        _line(axes, run.step, run.eer, colour)
        if np.isfinite(run.eer).any():
            best = np.nanargmin(run.eer)
            axes.plot(
                run.step[best], run.eer[best], "*", color=colour, markersize=13, zorder=5, clip_on=False
            )
    _title(axes, "Equal error rate on the validation pairs", "EER (%)")
    _fit_scale(axes, [values for run in curves for values in (run.eer, run.eer_high, run.hard_eer)])
    only = curves[0] if len(curves) == 1 else None
    colour = RUN_COLOURS[0] if only else STYLE_COLOUR
    entries: list[tuple[Artist, str]] = [(_sample(colour), f"EER{_last(only.eer, ' %') if only else ''}")]
    entries.append((_sample(colour, marker="*"), f"lowest EER{_lowest(only) if only else ''}"))
    if len(curves) <= MOST_BANDS and any(np.isfinite(run.eer_low).any() for run in curves):
        entries.append((Patch(color=colour, alpha=0.2, linewidth=0), "95 % interval of the EER"))
    if any(np.isfinite(run.hard_eer).any() for run in curves):
        entries.append((_sample(colour, "--"), f"hard pairs{_last(only.hard_eer, ' %') if only else ''}"))
    _legend(axes, entries)


def draw_error_rates(axes: Axes, run: Curves) -> None:
    """The share of wrong verdicts of each category of one run in percent, at the threshold of the EER."""
    entries: list[tuple[Artist, str]] = []
    for category in PairCategory:
        rates, colour = run.error_rate[category], CATEGORY_COLOURS[category]
        _line(axes, run.step, rates, colour)
        entries.append((_sample(colour), f"{_wrong_verdict(category)}{_last(rates, ' %')}"))
    _title(axes, "Wrong verdicts at the threshold of the EER", "pairs of a category (%)")
    _fit_share(axes, list(run.error_rate.values()))
    _legend(axes, entries)


def draw_error_rate(axes: Axes, curves: Sequence[Curves], category: PairCategory) -> None:
    """The share of wrong verdicts of one category of several runs in percent."""
    for index, run in enumerate(curves):
        _line(axes, run.step, run.error_rate[category], RUN_COLOURS[index])
    _title(axes, f"{_wrong_verdict(category).capitalize()}, at the threshold of the EER", "pairs (%)")
    _fit_share(axes, [run.error_rate[category] for run in curves])


def _wrong_verdict(category: PairCategory) -> str:
    return f"{category.display_name} {'rejected' if category.is_genuine else 'accepted'}"


def _title(axes: Axes, title: str, values: str) -> None:
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold")
    axes.set_ylabel(values)


def _line(
    axes: Axes, step: Values, values: Values, colour: str, style: str = "-", width: float = 1.6
) -> None:
    known = np.isfinite(values)
    marker = "o" if known.sum() <= MOST_MARKERS else ""
    axes.plot(
        step[known],
        values[known],
        color=colour,
        linestyle=style,
        linewidth=width,
        marker=marker,
        markersize=3,
    )


def _band(axes: Axes, run: Curves, colour: str) -> None:
    known = np.isfinite(run.eer_low) & np.isfinite(run.eer_high)
    step, low, high = run.step[known], run.eer_low[known], run.eer_high[known]
    axes.fill_between(step, low, high, color=colour, alpha=0.15, linewidth=0)
    if len(step) == 1:  # no area yet
        axes.vlines(step, low, high, color=colour, alpha=0.4, linewidth=2)


def _fit_share(axes: Axes, values: Sequence[Values]) -> None:
    if not _is_empty(axes, np.concatenate(values)):
        axes.set_ylim(bottom=0)


def _is_empty(axes: Axes, values: Values) -> bool:
    """Whether there is nothing to see; says so in the panel."""
    if np.isfinite(values).any():
        return False
    axes.text(0.5, 0.5, "no figures yet", transform=axes.transAxes, ha="center", va="center", color="0.5")
    axes.set_yticks([])
    return True


def _fit_scale(axes: Axes, curves: Sequence[Values]) -> None:
    """A logarithmic axis for values that span a decade; one that also shows 0, where there is one."""
    values = np.concatenate(curves)
    if _is_empty(axes, values):
        return
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


def _legend(axes: Axes, entries: Sequence[tuple[Artist, str]]) -> None:
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


def _last(values: Values, unit: str = "") -> str:
    known = values[np.isfinite(values)]
    return f" (last {known[-1]:.3g}{unit})" if len(known) else ""


def _lowest(run: Curves) -> str:
    if not np.isfinite(run.eer).any():
        return ""
    best = np.nanargmin(run.eer)
    return f" ({run.eer[best]:.3g} % at step {run.step[best]:,.0f})"


def _short(name: str) -> str:
    return f"run {name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + '…'}"
