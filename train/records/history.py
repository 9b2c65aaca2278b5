"""`performance_history.json`: one record per validation, over all runs; valid JSON at every moment."""

import json
from pathlib import Path
from typing import Any

from filelock import FileLock

from common.metrics.figures import VERIFICATION, finite
from common.runtime.atomic import write_text_atomically
from common.runtime.errors import UserError
from train.loggers.base import ValidationRecord

HISTORY_FILE = "performance_history.json"
LOCK_FILE = f".{HISTORY_FILE}.lock"


class PerformanceHistory:
    """The history file of a folder, which several runs may append to at a time.

    Attributes:
        records: those in the file when it was last read here.

    Raises UserError when the file is there but is not a list of records; it is never overwritten then.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / HISTORY_FILE
        self._lock = FileLock(folder / LOCK_FILE)
        self.records = _read(self.path)

    def append(self, record: ValidationRecord) -> None:
        """Add a record and write the file whole; a figure that is undefined becomes null.

        Records of the same run from this step on are replaced: a run that was resumed before them makes them
        again. Raises UserError as the constructor, if the file has changed so.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:  # or of two runs that read and write at once one would lose its record
            kept = [old for old in _read(self.path) if not _is_made_again(old, record)]
            self.records = [*kept, _entry(record)]
            text = json.dumps(self.records, indent=1, allow_nan=False)
            write_text_atomically(self.path, text + "\n")


def _is_made_again(old: dict[str, Any], record: ValidationRecord) -> bool:
    step = old.get("step")
    return old.get("run") == record.run and isinstance(step, int) and step >= record.step


def _entry(record: ValidationRecord) -> dict[str, Any]:
    return {
        "run": record.run,
        **({} if record.task == VERIFICATION else {"task": record.task}),  # older than other tasks
        **({"pretraining": record.pretraining} if record.pretraining else {}),
        "epoch": record.epoch,
        "step": record.step,
        "learning_rate": finite(record.learning_rate),
        "loss": finite(record.loss),
        "skipped": record.skipped,
        **record.figures.record(),
    }


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _read(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        records = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        records = None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UserError(f"{path} is not a list of records; move it away and run again")
    return records
