"""Crops that get pseudo-labels: those of shards without labels, and why some are left out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from common.formats.shards import Alignment, open_shard, read_header
from common.models.classifier_checkpoint import LoadedClassifier
from common.models.other_crops import refuse_other_frame
from common.models.training_facts import pixel_digest
from common.runtime.errors import ParameterError, UserError
from common.runtime.wording import counted
from train.data.dataset import CropDataset
from train.data.require_shards import require_shards

NO_FACE = "no face was found by 'align run'"
IN_LABELLED = "equal to a crop of --labelled"


def open_unlabelled(folder: Path, members: Sequence[LoadedClassifier], allow_missing: bool) -> CropDataset:
    """The crops of a folder of shards, which no label says anything of.

    Raises UserError where labels are there, which pseudo-labels would hide, or a model was trained on them,
    where they are not cut as for a model, and as `CropDataset`.
    """
    require_shards([folder])
    dataset = CropDataset(folder, allow_missing=allow_missing)
    if pseudo := int(dataset.pseudo.sum()):
        raise UserError(
            f"{folder} has {counted(pseudo, 'pseudo-label')} already; name the shards that they were made of"
        )
    if synthetic := int(dataset.synthetic.sum()):
        raise UserError(
            f"{folder} has labels, {len(dataset) - synthetic:,} bona fide and {synthetic:,} synthetic: what "
            "is evaluated on must not be guessed and trained on; name shards of photographs without labels"
        )
    for number, member in enumerate(members, 1):
        if member.info.data.startswith(f"{dataset.fingerprint}-"):
            raise UserError(f"model {number} was trained on {folder} itself; name crops that it has not seen")
    for path in dataset.folders[0].shards:
        with open_shard(path) as shard:
            header = read_header(shard)
        for member in members:
            if member.info.crops is not None:
                refuse_other_frame(path, header, member.info.crops)
    return dataset


def left_out(dataset: CropDataset, labelled: Sequence[Path], allow_missing: bool) -> dict[int, str]:
    """Why rows get no pseudo-label, whatever the models say, by row.

    Args:
        dataset: of `open_unlabelled`.
        labelled: folders of shards whose crops must not be among them.
        allow_missing: whether these may lack shards.

    Raises UserError where the latter are of another size, so that nothing can be compared.
    """
    kinds = []
    for path in dataset.folders[0].shards:
        with open_shard(path) as shard:
            kinds.append(shard["alignment"][:])
    found = {int(row): NO_FACE for row in np.flatnonzero(np.concatenate(kinds) == Alignment.CENTRE)}
    if not labelled:
        return found
    seen = CropDataset(*labelled, allow_missing=allow_missing)
    if seen.size != dataset.size:
        raise ParameterError(
            "{labelled} has crops of {} pixels, the data of {}: none can be equal; name shards of one size",
            seen.size,
            dataset.size,
        )
    digests = {pixel_digest(seen.stored(row)) for row in range(len(seen))}
    same = {row: IN_LABELLED for row in range(len(dataset)) if pixel_digest(dataset.stored(row)) in digests}
    return same | found
