"""The records of the history as curves over the steps."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.metrics.figures import VERIFICATION

Record = Mapping[str, Any]  # of `performance_history.json`
Values = NDArray[np.float64]


def run_of(record: Record) -> str:
    """The name of the run that a record belongs to."""
    return str(record.get("run", "?"))


def task_of(record: Record) -> str:
    """The name of its task."""
    return str(record.get("task", VERIFICATION))


@dataclass(frozen=True)
class RunCurves:
    """The records of one run by rising step."""

    run: str
    records: Sequence[Record]

    @classmethod
    def of(cls, run: str, records: Iterable[Record]) -> "RunCurves":
        """Of those among the records that are the run's."""
        own = (record for record in records if run_of(record) == run)
        return cls(run, sorted(own, key=lambda record: _number(record.get("step"), missing=0.0)))

    @property
    def step(self) -> Values:
        """(N,), 0 where a record has none."""
        return np.nan_to_num(self.values("step"))

    def values(self, name: str, scale: float = 1.0) -> Values:
        """(N,) `scale` times what stands under a name as `Curve.name`; NaN where there is no such number."""
        path = name.split("/")
        return np.array([scale * _number(_inside(record, path)) for record in self.records], np.float64)

    def texts(self, name: str) -> list[str]:
        """The distinct texts that stand under a name, in the order of the steps."""
        found = (record.get(name) for record in self.records)
        return list(dict.fromkeys(text for text in found if isinstance(text, str) and text))

    def interval(self, name: str, scale: float = 1.0) -> tuple[Values, Values]:
        """(N,) each, the ends of the interval of a figure; NaN as `values`."""
        return self.values(f"intervals/{name}/0", scale), self.values(f"intervals/{name}/1", scale)


def _inside(value: Any, path: Sequence[str]) -> Any:
    """What lies under nested keys, None where there is no such thing: old records lack some."""
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _number(value: Any, missing: float = math.nan) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else missing
