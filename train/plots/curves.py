"""The records of the history as curves over the steps."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory

Record = Mapping[str, Any]  # of `performance_history.json`
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Curves:
    """What the records of one run say, by rising step; (N,) each, NaN where a record has no figure."""

    run: str
    step: Values
    loss: Values
    eer: Values  # in percent, as are those that follow
    eer_low: Values
    eer_high: Values
    hard_eer: Values
    error_rate: dict[PairCategory, Values]


def run_of(record: Record) -> str:
    """The name of the run that a record belongs to."""
    return str(record.get("run", "?"))


def curves_of(run: str, records: Iterable[Record]) -> Curves:
    """The curves of one run's records; what an earlier version did not record is NaN."""
    ordered = sorted(records, key=lambda record: _number(record.get("step"), missing=0.0))

    def column(*keys: str | int, scale: float = 1.0) -> Values:
        return np.array([scale * _number(_inside(record, keys)) for record in ordered], np.float64)

    return Curves(
        run,
        step=np.nan_to_num(column("step")),
        loss=column("loss"),
        eer=column("eer", scale=100),
        eer_low=column("intervals", "eer", 0, scale=100),
        eer_high=column("intervals", "eer", 1, scale=100),
        hard_eer=column("hard_eer", scale=100),
        error_rate={c: column("errors", c.value, "rate", scale=100) for c in PairCategory},
    )


def _inside(value: Any, keys: Sequence[str | int]) -> Any:
    """What lies under nested keys, None where there is no such thing: old records lack some."""
    for key in keys:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return None
    return value


def _number(value: Any, missing: float = math.nan) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else missing
