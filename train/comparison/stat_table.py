"""Table of compared classifiers: the file `stat.csv`, and what the console shows of it."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Column, Table

from common.formats.csv_file import csv_line, write_csv
from common.metrics.figures import finite
from common.runtime.command_line import printable
from train.comparison.models import FIGURES, ComparedModel

COLUMNS = (
    *("model", "loss", "accuracy", "f1", "auc", "val_loss", "val_accuracy", "val_f1", "val_auc"),
    *("params", "params_mb", "mult_adds_gflops", "pass_size_mb", "total_pass_size_mb", "test_batch_size"),
)
MEGA, GIGA = 1e6, 1e9
FLOAT32 = 4  # bytes

Cell = str | int | float | None


def stat_row(model: ComparedModel, batch_size: int) -> dict[str, Cell]:
    """The values of `COLUMNS` by name, None for what is not known.

    As in the summaries of torchinfo, megabytes are 10⁶ bytes of float32, `pass_size_mb` has the activations
    of such a batch twice, for the way back too, and `total_pass_size_mb` adds crops and parameters.
    """
    cost, size = model.cost, model.size
    own: tuple[Cell, ...] = (None, None, None, None, None)
    if cost is not None and size is not None:
        weights = cost.parameters * FLOAT32 / MEGA
        passed = 2 * cost.activation_bytes * batch_size / MEGA
        crops = 3 * size * size * FLOAT32 * batch_size / MEGA
        own = cost.parameters, weights, cost.mult_adds / GIGA, passed, crops + weights + passed
    values: tuple[Cell, ...] = (
        model.name,
        *(finite(model.tested.get(name)) for name in FIGURES),
        *(finite(model.validated.get(name)) for name in FIGURES),
        *own,
        batch_size,
    )
    return dict(zip(COLUMNS, values, strict=True))


def write_stat(path: Path, models: Sequence[ComparedModel], batch_size: int) -> None:
    """Write `stat.csv` atomically, empty where a value is not known. Raises OSError when it cannot be."""
    rows = (stat_row(model, batch_size).values() for model in models)
    write_csv(path, ",".join(COLUMNS), (csv_line(*map(_written, row)) for row in rows))


def stat_table(models: Sequence[ComparedModel], batch_size: int) -> Table:
    """The same for the console, without what can be worked out from the rest, and figures that none has."""
    rows = [stat_row(model, batch_size) for model in models]
    left_out = ("model", "params_mb", "total_pass_size_mb", "test_batch_size")
    shown = [name for name in COLUMNS if name not in left_out and any(row[name] is not None for row in rows)]
    table = Table(Column("model", overflow="fold"), *(Column(name, justify="right") for name in shown))
    for row in rows:
        cells = ("-" if row[name] is None else _shown(row[name]) for name in shown)
        table.add_row(escape(printable(str(row["model"]))), *cells)
    return table


def _written(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _shown(value: Cell) -> str:
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}"
