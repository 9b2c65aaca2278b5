"""Classifiers side by side: what their validation, a test and their networks' cost say."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from common.metrics.figures import CLASSIFICATION
from common.models.checkpoint import SUFFIX, read_standing
from common.models.classifier_checkpoint import read_classifier_info
from common.models.cost import Cost, cost_of_network
from common.models.plane_names import RGB, PlaneNames
from common.models.temporal_names import Temporal
from common.runtime.errors import UserError
from train.plots.curves import Record, RunCurves, run_of, task_of
from train.records.history import PerformanceHistory
from train.records.run_folder import RUN_FOLDER, RunFolder
from train.tasks.classification.figures import AUC

FIGURES = ("log_loss", "accuracy", "f1", "auc")  # as histories and results name them

Values = Mapping[str, float | None]  # of `FIGURES` by name, perhaps among others


@dataclass(frozen=True)
class ComparedModel:
    """A classifier among others; what is not known of it is left out, or None."""

    name: str
    run: str
    step: int | None  # of the weights that the figures are of
    size: int | None  # pixels of a side of a crop
    cost: Cost | None
    validated: Values = field(default_factory=dict)
    tested: Values = field(default_factory=dict)


class _NetworkOfRun(BaseModel):
    """What the configuration of a run says of its network."""

    model_config = ConfigDict(extra="ignore")

    backbone: str
    size: int
    planes: PlaneNames = RGB
    temporal: Temporal = Temporal.MEAN
    folds: int = 0
    fold: int | None = None

    @property
    def name(self) -> str:
        """The network, and which fold was held out where one was."""
        return self.backbone if self.fold is None else f"{self.backbone} fold {self.fold} of {self.folds}"


def compared_models(logs: Path, names: Sequence[str] = ()) -> list[ComparedModel]:
    """Classifiers by the names of their runs or the paths of their checkpoints, or those of all runs.

    Of a run it is the weights with the highest AUC of its validations, of equal ones the later. Of a
    checkpoint that the history of `logs` does not know, AUC and F1 alone are known.

    Raises UserError where there is none, for a name that is neither, and for a run of another task.
    """
    records = PerformanceHistory(logs).records
    runs = dict.fromkeys(run_of(record) for record in records if task_of(record) == CLASSIFICATION)
    chosen = list(dict.fromkeys(names)) or list(runs)
    if not chosen:
        raise UserError(
            f"no run of a classifier in {logs}; train one with 'python -m train classifier', name "
            "checkpoints, or another folder with --logs"
        )
    models = []
    for name in chosen:
        if name in runs:
            models.append(_of_run(logs, name, records))
        elif Path(name).suffix == SUFFIX or Path(name).is_file():
            models.append(_of_checkpoint(Path(name), records))
        else:
            known = ", ".join(list(runs)[-5:]) or "none"
            raise UserError(
                f"'{name}' is no run of a classifier in {logs}, whose latest are {known}, nor a checkpoint"
            )
    return models


def _of_run(logs: Path, run: str, records: Sequence[Record]) -> ComparedModel:
    own = RunCurves.of(run, records)
    costs = [AUC.cost(value) for value in own.values(AUC.name).tolist()]
    known = [place for place, cost in enumerate(costs) if not math.isnan(cost)]
    best = own.records[min(known, key=lambda place: (costs[place], -place), default=-1)]
    network = _network_of(RunFolder(logs / RUN_FOLDER / run).config)
    if network is None:
        return ComparedModel(run, run, _step(best), None, None, _values(best))
    cost = cost_of_network(network.backbone, network.size, network.planes, network.temporal)
    return ComparedModel(f"{network.name} {run}", run, _step(best), network.size, cost, _values(best))


def _of_checkpoint(path: Path, records: Sequence[Record]) -> ComparedModel:
    info, standing = read_classifier_info(path), read_standing(path)
    own = (record for record in records if run_of(record) == standing.run and _step(record) == standing.step)
    values = _values(next(own, {})) or standing.figures
    size = info.input_format.size
    cost = cost_of_network(info.network, size, info.planes, info.temporal)
    name = f"{path.stem}, fold {info.fold}" if info.fold else path.stem
    return ComparedModel(name, standing.run, standing.step, size, cost, values)


def _network_of(config: Path) -> _NetworkOfRun | None:
    """The network in a run's configuration; None where that is gone."""
    try:
        return _NetworkOfRun.model_validate_json(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _step(record: Record) -> int | None:
    step = record.get("step")
    return step if isinstance(step, int) else None


def _values(record: Record) -> Values:
    return {name: value for name in FIGURES if isinstance(value := record.get(name), int | float)}
