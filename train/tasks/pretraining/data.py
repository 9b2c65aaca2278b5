"""The data of a pre-training: crops whatever they show, and groups of them held out; labels play no part."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from common.duplicates.near_duplicates import DuplicateGroup
from common.models.crop_settings import CropSettings
from common.models.input_format import InputFormat
from common.models.plane_names import RGB
from common.runtime.errors import UserError
from train.augment.augmentation import Augmentation
from train.data.batches import BatchPlan
from train.data.crop_settings import crop_settings_of
from train.data.dataset import CropDataset
from train.data.groups import crop_groups, crops_of_groups_with
from train.data.require_shards import require_shards
from train.data.same_pictures import same_pictures
from train.data.shuffled_batches import ShuffledBatches
from train.data.split import held_out_groups, read_split
from train.distributed.shares import computed_by_first
from train.tasks.classification.notes import size_notes
from train.tasks.pretraining.config import PretrainConfig
from train.tasks.pretraining.masks import Masking


class MaskedBatch(NamedTuple):
    """Crops and what of them is masked, N rows."""

    crops: Tensor  # (N, 3, size, size) uint8 RGB
    masks: Tensor  # (N, P, P) bool


class MaskedCrops(Dataset[MaskedBatch]):
    """Varied crops with masks. It is indexed by a plan and answers with a whole batch.

    Args:
        dataset: the crops.
        augmentation: how a crop is varied.
        masking: how its mask is drawn, from the seed of the plan.
    """

    def __init__(self, dataset: CropDataset, augmentation: Augmentation, masking: Masking) -> None:
        self._dataset, self._augmentation, self._masking = dataset, augmentation, masking

    def __getitem__(self, plan: BatchPlan) -> MaskedBatch:
        crops = self._augmentation(self._dataset[plan.rows].crops, plan.seeds)
        return MaskedBatch(crops, torch.from_numpy(self._masking(plan.seeds)))

    def fixed(self, rows: NDArray[np.int64]) -> MaskedBatch:
        """The crops of `rows` as they are, each with a mask that is always the same."""
        return MaskedBatch(self._dataset[rows].crops, torch.from_numpy(self._masking(rows)))


@dataclass(frozen=True)
class PretrainingData:
    """What `prepare_data` reads and plans."""

    dataset: CropDataset
    same: list[DuplicateGroup]  # rows that are one picture, as far as they were looked for
    crops: MaskedCrops
    batches: ShuffledBatches
    masking: Masking
    trained: NDArray[np.int64]  # rows of the data set
    is_held_out: NDArray[np.bool_]  # (N,) by crop
    validated: NDArray[np.int64]  # (V,) rows
    groups: NDArray[np.int64]  # (V,) theirs
    held_out: list[str]  # the identities validated on, all of a group
    trained_on: str  # for people
    crop_settings: CropSettings | None  # how the crops were taken; None where that is not known
    notes: list[str]  # what a person should know of it
    fingerprint: str  # equal for equal crops, batches and validation
    validation: str  # equal for equal pixels, masks and targets that are validated with


def prepare_data(
    config: PretrainConfig, wants: InputFormat, stored_split: Path, fabric: Fabric
) -> PretrainingData:
    """Read the shards, hold groups out, and plan the batches; `wants` is how the network sees colours.

    Which groups are held out stands in `stored_split` if it is there; otherwise in the split that the
    configuration names, or is drawn from the seed. Raises UserError when the data does not allow to train and
    validate.
    """
    require_shards(config.data)
    dataset = CropDataset(*config.data, allow_missing=config.allow_missing, size=config.size)
    every = np.arange(len(dataset))
    same = computed_by_first(lambda: same_pictures(dataset, every), fabric) if config.same_pictures else []
    groups, names = crop_groups(dataset, same)
    is_held_out = crops_of_groups_with(
        _held_out(config, dataset, groups, names, stored_split), dataset, groups
    )
    if not is_held_out.any() or is_held_out.all():
        raise UserError(
            f"the {len(dataset):,} crops are of one person or source, of which none can be held out; add "
            "crops of others to the data"
        )
    trained, validated = np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)
    masking = Masking(config.size // config.patch, config.ratio, config.exact)
    settings, notes = crop_settings_of(dataset.folders)
    validation = _fingerprint(config, wants, dataset, validated)
    digest = hashlib.sha256(trained.tobytes() + f"{config.size}".encode()).hexdigest()[:16]
    folders = ", ".join(folder.resolve().name for folder in config.data)
    return PretrainingData(
        dataset,
        same,
        MaskedCrops(dataset, Augmentation(config.augment), masking),
        ShuffledBatches(trained, config.batch.size, config.seed),
        masking,
        trained,
        is_held_out,
        validated,
        groups[validated],
        held_out=dataset.identity_names[np.unique(dataset.identities[is_held_out])].tolist(),
        trained_on=f"{len(trained):,} crops in {folders}",
        crop_settings=settings,
        notes=[
            *(note for folder in dataset.folders for note in folder.notes),
            *notes,
            *size_notes(config.size, dataset),
        ],
        fingerprint=f"{dataset.fingerprint}-{validation}-{digest}",
        validation=validation,
    )


def _held_out(
    config: PretrainConfig,
    dataset: CropDataset,
    groups: NDArray[np.int64],
    names: list[str],
    stored_split: Path,
) -> set[str]:
    """Identities that are held out, with all that is of their groups."""
    split = stored_split if stored_split.exists() else config.validation.split
    if split:
        return read_split(split, dataset.identity_names.tolist(), least=1)
    # of one kind, for what a crop is called plays no part
    return held_out_groups(
        {names[group]: {False} for group in groups.tolist()}, config.validation.share, config.seed
    )


def _fingerprint(
    config: PretrainConfig, wants: InputFormat, dataset: CropDataset, rows: NDArray[np.int64]
) -> str:
    """Of the pixels that are validated with, and of what is asked of them."""
    masks = (config.patch, config.ratio, config.exact, config.mask_before)
    planes = config.planes if config.target == "planes" else RGB
    asked = (wants.model_dump_json(), planes, *masks)
    digest = hashlib.sha256(f"{asked}".encode() + rows.tobytes())
    for row in rows.tolist():
        digest.update(dataset.image(row).tobytes())
    return digest.hexdigest()[:16]
