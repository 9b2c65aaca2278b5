"""Out-of-fold scores: every crop scored by the classifier of the fold that held it out."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from scipy.special import expit

from common.formats.csv_file import csv_line, write_csv
from common.models.classifier_checkpoint import LoadedClassifier, OperatingPoint, load_classifier
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.groups import crops_of_groups_with
from train.data.pseudo_rows import parts_of
from train.data.tracks import tracks_of
from train.distributed.shares import computed_in_shares
from train.folds.fold_folder import FoldFolder, FoldPlan
from train.folds.plan_folds import grouped_crops, refuse_other_crops
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.data import data_fingerprint
from train.tasks.classification.validation_data import ValidationCrops, ValidationData, ValidationTracks

HEADER = "path,label,fold,logit,probability"


@dataclass(frozen=True)
class OutOfFold:
    """The crops that a fold held out, R of them in the order of the shards, and what they got from it."""

    paths: list[str]
    labels: NDArray[np.bool_]  # (R,) true for synthetic
    groups: NDArray[np.int64]  # (R,)
    fold: NDArray[np.int64]  # (R,) from 1
    logits: NDArray[np.float64]  # (R,) calibrated by the temperature of the fold
    points: list[OperatingPoint]  # of the folds
    runs: list[str]  # of the folds

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(R,) P(synthetic)."""
        found: NDArray[np.float64] = expit(self.logits)
        return found


def score_out_of_fold(
    config: ClassifierConfig, folder: FoldFolder, plan: FoldPlan, fabric: Fabric
) -> OutOfFold:
    """The scores of all crops but those with pseudo-labels, the same in all processes, which share the work.

    By a head over time the crops of a track all have the track's, and frames without a face have none.

    Raises UserError where data or classifiers are not those of the plan, or a logit is not finite.
    """
    dataset, groups = grouped_crops(config, fabric)
    refuse_other_crops(dataset, folder, plan)
    logits, fold = np.full(len(dataset), np.nan), np.zeros(len(dataset), np.int64)
    points, runs = [], []
    for part in plan.parts:
        parts = parts_of(dataset, crops_of_groups_with(part.held_out, dataset, groups))
        path = folder.model(part.fold)
        loaded = load_classifier(path)
        if loaded.info.data != data_fingerprint(config, dataset, groups, parts):
            raise UserError(
                f"{path} was trained on other data or folds than {folder.plan} says; move it away, and "
                f"--resume trains fold {part.fold} again"
            )
        data, units = _held_out(loaded, dataset, parts.validated)
        rows = np.concatenate(units)
        logits[rows] = np.repeat(_logits(loaded, data, path, fabric), list(map(len, units)))
        fold[rows] = part.fold
        points.append(loaded.info.point)
        runs.append(loaded.standing.run)
    scored = np.flatnonzero(fold)
    paths = dataset.paths()
    return OutOfFold(
        [paths[row] for row in scored.tolist()],
        dataset.synthetic[scored],
        groups[scored],
        fold[scored],
        logits[scored],
        points,
        runs,
    )


def write_scores(path: Path, scored: OutOfFold) -> None:
    """Write `out_of_fold.csv`, a line a crop, atomically; numbers are written to the last bit."""
    columns = scored.paths, scored.labels, scored.fold, scored.logits.tolist(), scored.probabilities.tolist()
    lines = (
        csv_line(name, f"{label:d}", str(fold), repr(logit), repr(probability))
        for name, label, fold, logit, probability in zip(*columns, strict=True)
    )
    write_csv(path, HEADER, lines)


def _held_out(
    loaded: LoadedClassifier, dataset: CropDataset, validated: NDArray[np.bool_]
) -> tuple[ValidationData, list[NDArray[np.int64]]]:
    """What is scored of the crops that are `validated` with, (N,), and the rows of each crop or track."""
    if loaded.info.temporal.is_learnt:
        units = [rows for rows in tracks_of(dataset) if validated[rows[0]]]
        first = np.array([rows[0] for rows in units])
        same = np.arange(len(units)), dataset.synthetic[first], first, ""
        return ValidationTracks(*same, dataset, units, None, 0, loaded.info.steps), units
    rows = np.flatnonzero(validated)
    return ValidationCrops(rows, dataset.synthetic[rows], rows, "", dataset), list(rows[:, None])


def _logits(
    loaded: LoadedClassifier, data: ValidationData, path: Path, fabric: Fabric
) -> NDArray[np.float64]:
    """(V,) calibrated, the mean over crop and mirror image, as the validation of a run scores."""
    classifier = loaded.classifier.to(fabric.device)
    found = computed_in_shares(
        data.rows, lambda part: data.score(classifier, part, fabric.device), (), data.at_once, fabric
    )
    if not torch.isfinite(found).all():
        raise UserError(
            f"{path} gives logits that are not finite; move it away, and --resume trains it again"
        )
    calibrated: NDArray[np.float64] = found.double().cpu().numpy() / loaded.info.point.temperature
    return calibrated
