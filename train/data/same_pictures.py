"""Search, before a run starts, for one picture under several names: it spoils training and figures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.duplicates.near_duplicates import DuplicateGroup, find_duplicates
from common.duplicates.same_picture_list import (
    TRAINING,
    VALIDATION,
    CropLabels,
    contradicting,
    describe,
    write_list,
)
from train.data.dataset import CropDataset


def same_pictures(dataset: CropDataset, rows: NDArray[np.int64]) -> list[DuplicateGroup]:
    """The groups of crops among `rows` that are one picture, as places in `rows`.

    Equal pixels count whoever they show, nearly equal ones only among photographs as they were taken: a
    forgery is near the photograph it was put into.
    """
    as_taken = np.array([made is None for made in dataset.forgeries()]) & ~dataset.synthetic
    return find_duplicates(len(rows), lambda place: dataset.image(int(rows[place])), near=as_taken[rows])


def same_picture_notes(
    dataset: CropDataset,
    rows: NDArray[np.int64],
    groups: Sequence[DuplicateGroup],
    held_out: NDArray[np.bool_],
    file: Path,
) -> list[str]:
    """A note for people where crops under several names are one picture, which `file` then lists; else none.

    Args:
        dataset: the crops.
        rows: those that were compared.
        groups: of places in `rows`, from `same_pictures`.
        held_out: (N,) by crop, whether it is validated with.
        file: what is written.
    """
    names, paths = dataset.identity_names[dataset.identities], dataset.paths()
    labels = CropLabels(
        [paths[row] for row in rows],
        names[rows],
        dataset.synthetic[rows],
        [VALIDATION if is_held_out else TRAINING for is_held_out in held_out[rows]],
    )
    told = contradicting(groups, labels)
    if not told:
        return []
    write_list(file, told, labels)
    return [f"{describe(told, labels)}: what is learnt and measured is spoilt by them; they are in {file}"]
