"""`performance_history.json`: one record per validation, over all runs; valid JSON at every moment."""

import json
import math
from pathlib import Path
from typing import Any

from common.atomic import write_text_atomically
from common.errors import UserError
from common.metrics import VerificationReport

HISTORY_FILE = "performance_history.json"


class PerformanceHistory:
    """Appends records to the history file of a folder.

    Raises UserError when the file is there but is not a list of records; it is never overwritten then.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / HISTORY_FILE
        self.records = _read(self.path)

    def append(
        self,
        *,
        run: str,
        epoch: int,
        step: int,
        learning_rate: float,
        loss: float | None,
        report: VerificationReport,
    ) -> None:
        """Add a record and write the file whole; a figure that is undefined becomes null."""
        self.records.append(
            {
                "run": run,
                "epoch": epoch,
                "step": step,
                "learning_rate": learning_rate,
                "loss": _number(loss),
                "accuracy": _number(report.accuracy),
                "eer": _number(report.eer),
                "threshold": _number(report.threshold),
                "errors": {
                    category.value: {
                        "errors": found.errors,
                        "total": found.total,
                        "rate": _number(found.rate),
                    }
                    for category, found in report.by_category.items()
                },
            }
        )
        write_text_atomically(self.path, json.dumps(self.records, indent=1, allow_nan=False) + "\n")


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        records = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except ValueError:
        records = None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UserError(f"{path} is not a list of records; move it away and run again")
    return records
