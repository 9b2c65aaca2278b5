"""The plan of a set of folds: the crops read, grouped and assigned."""

import numpy as np
from lightning_fabric import Fabric
from numpy.typing import NDArray

from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.groups import crop_groups
from train.data.require_shards import require_shards
from train.folds.assignment import assign_folds
from train.folds.fold_folder import FoldFolder, FoldPart, FoldPlan
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.data import match_resolution, same_pictures_of


def plan_folds(config: ClassifierConfig, fabric: Fabric) -> FoldPlan:
    """The folds of the data of a configuration, the same in all processes.

    Crops with pseudo-labels are held out by none. Raises UserError where the data does not allow it.
    """
    dataset, groups = grouped_crops(config, fabric)
    judging = ~dataset.pseudo
    synthetic = dataset.synthetic[judging]
    forged = config.forge.share > 0
    assigned = assign_folds(synthetic, groups[judging], config.folds, config.seed, forged=forged)
    people = dataset.identities[judging]
    return FoldPlan(
        folds=config.folds,
        seed=config.seed,
        data=dataset.fingerprint,
        parts=tuple(
            FoldPart(
                fold=fold + 1,
                bona_fide=int((~synthetic[assigned == fold]).sum()),
                synthetic=int(synthetic[assigned == fold].sum()),
                held_out=tuple(dataset.identity_names[np.unique(people[assigned == fold])].tolist()),
            )
            for fold in range(config.folds)
        ),
    )


def refuse_other_crops(dataset: CropDataset, folder: FoldFolder, plan: FoldPlan) -> None:
    """Raises UserError unless crops and labels are those that a plan assigns."""
    if dataset.fingerprint != plan.data:
        raise UserError(
            f"crops or labels are not those that {folder.plan} assigns; put them back, or start anew"
        )


def crops_of(config: ClassifierConfig) -> CropDataset:
    """The crops of a configuration. Raises UserError as `CropDataset`."""
    require_shards(config.data)
    return CropDataset(*config.data, allow_missing=config.allow_missing, size=config.size)


def grouped_crops(config: ClassifierConfig, fabric: Fabric) -> tuple[CropDataset, NDArray[np.int64]]:
    """The crops as a run reads them, and the group of each, (N,). Raises UserError as `CropDataset`."""
    dataset = crops_of(config)
    groups, _ = crop_groups(dataset, same_pictures_of(config, dataset, fabric))
    match_resolution(config, dataset)
    return dataset, groups
