"""The rows of the table: a training each, in a process of its own, which is ended when its time is up."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.evidencing.timed import refuse_other_time, train_for
from common.runtime.atomic import write_text_atomically
from common.runtime.errors import UserError
from train.records.history import HISTORY_FILE

HELD_OUT = {
    "validation.share": 0.25, "validation.pairs_per_category": 1000, "seed": 0,
    "validation.every_steps": 50,  # what is learnt after the last one counts for nothing
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A recipe as it is measured.

    Attributes:
        name: for people and `--only`.
        words: of `train run`.
        from_weights: whether it begins with the weights that are named; where it does not, its network is
            its own, and random.
    """

    name: str
    words: tuple[str, ...]
    from_weights: bool = True


NO_LISTS = ("--pairs", "none", "--validation-pairs", "none")
ROWS = (
    Row("neural_defenders", ("--config", "neural_defenders", *NO_LISTS)),
    Row("resnet18_triplet", ("--config", "resnet18_triplet")),
    Row("resnet34_triplet", ("--config", "resnet34_triplet")),
    Row("siamese", ("--config", "siamese"), from_weights=False),
    Row("siamese: pair_logistic", ("--config", "siamese", "--loss", "pair_logistic"), from_weights=False),
    Row("pair_cnn", ("--config", "pair_cnn"), from_weights=False),
    Row("ours: forge", ("--config", "forge")),
)


@dataclass(frozen=True)
class Setting:
    """What all rows share."""

    data: tuple[Path, ...]
    backbone: str
    weights: Path | None
    minutes: float
    out: Path


def measured(row: Row, setting: Setting) -> dict[str, Any]:
    """The last validation of a row and the one before its first step, from the disk where they lie there.

    Raises UserError for a training that fails, or is not validated once in its time.
    """
    stored = setting.out / "rows" / f"{re.sub(r'[^a-z0-9_]+', '-', row.name)}.json"
    if stored.is_file():
        known = dict(json.loads(stored.read_text(encoding="utf-8")))
        refuse_other_time(stored, known["minutes"], setting.minutes)
        return known
    logs = setting.out / "runs" / stored.stem
    shutil.rmtree(logs, ignore_errors=True)  # of a call that was stopped
    try:
        train_for(["run", *row.words, *_words(row, setting), "--out", logs], setting.minutes)
    except UserError as error:
        raise UserError(f"{row.name}: {error}") from error
    history = logs / HISTORY_FILE
    records = json.loads(history.read_text(encoding="utf-8")) if history.is_file() else []
    trained = [record for record in records if record["step"] > 0]
    if not trained:
        raise UserError(
            f"{row.name} was not validated in {setting.minutes:g} minutes; give it more --minutes"
        )
    found = {"name": row.name, "before": records[0], "after": trained[-1], "minutes": setting.minutes}
    stored.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(stored, json.dumps(found, indent=1) + "\n")
    return found


def _words(row: Row, setting: Setting) -> list[str]:
    words = [word for folder in setting.data for word in ("--data", str(folder))]
    words += [word for key, value in HELD_OUT.items() for word in ("--set", f"{key}={value}")]
    if row.from_weights:
        words += ["--backbone", setting.backbone, "--pretrained", str(setting.weights or "none")]
    return words
