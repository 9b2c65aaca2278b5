"""Bars of compared classifiers as a picture: how good they are, and what they cost."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from common.runtime.atomic import write_atomically
from common.runtime.wording import counted
from train.comparison.models import ComparedModel
from train.comparison.stat_table import stat_row

DOTS_PER_INCH = 130
LONGEST_NAME = 36
WHOLE = 1000  # numbers from here on are written without decimals
PANELS = (  # title, columns and their names, scale
    ("log loss", {"loss": ""}, 1.0),
    ("accuracy, F1, AUC", {"accuracy": "accuracy", "f1": "F1", "auc": "AUC"}, 1.0),
    ("million parameters", {"params": ""}, 1e-6),
    ("billion mult-adds a crop", {"mult_adds_gflops": ""}, 1.0),
    ("activations, both ways, MB", {"pass_size_mb": ""}, 1.0),
)
COLOURS = ("#3b6fb6", "#2e8b57", "#b8860b")


def draw_bars(path: Path, models: Sequence[ComparedModel], batch_size: int) -> None:
    """Draw compared models, at least one, into the PNG `path`, atomically.

    Loss, accuracy, F1 and AUC are those of the test where every model has one, else those of the validation.
    A bar that is missing is not known. Raises OSError when the file cannot be written.
    """
    tested = all(model.tested for model in models)
    rows = [stat_row(model, batch_size) for model in models]
    figure = Figure(figsize=(12, 1.6 + 0.42 * len(models)), layout="constrained")
    of = "test" if tested else "validation"
    figure.suptitle(f"{counted(len(models), 'classifier')}: {of}, and cost", fontsize=12, fontweight="bold")
    for axes, (title, columns, scale) in zip(
        figure.subplots(1, len(PANELS), sharey=True), PANELS, strict=True
    ):
        for place, (column, label) in enumerate(columns.items()):
            name = f"val_{column}" if not tested and title in (PANELS[0][0], PANELS[1][0]) else column
            values = [
                scale * value if isinstance(value := row[name], int | float) else np.nan for row in rows
            ]
            _draw(axes, values, label, place, len(columns))
        axes.set_title(title, fontsize=9, loc="left")
        axes.margins(x=0.25)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        if len(columns) > 1:
            axes.legend(fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
    names = [_short(model.name) for model in models]
    axes.set_yticks(range(len(models)), names, parse_math=False)
    axes.invert_yaxis()
    write_atomically(path, lambda temporary: figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH))


def _draw(axes: Axes, values: Sequence[float], label: str, place: int, of: int) -> None:
    """One bar a model, its number beside it; `place` among `of` bars of a model."""
    thick = 0.76 / of
    where = np.arange(len(values)) - 0.38 + thick * (place + 0.5)
    bars = axes.barh(where, values, thick * 0.92, color=COLOURS[place], label=label)
    axes.bar_label(bars, [_number(value) for value in values], padding=2, fontsize=7)


def _number(value: float) -> str:
    if not np.isfinite(value):
        return ""
    return f"{value:,.0f}" if value >= WHOLE else f"{value:.3g}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"
