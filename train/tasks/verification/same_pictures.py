"""Search, before a run starts, for one picture under several names: it spoils training and figures."""

from pathlib import Path

import numpy as np

from common.duplicates.near_duplicates import find_duplicates
from common.duplicates.same_picture_list import (
    TRAINING,
    VALIDATION,
    CropLabels,
    contradicting,
    describe,
    write_list,
)
from train.tasks.verification.data import TrainingData


def same_picture_notes(data: TrainingData, file: Path) -> list[str]:
    """A note for people where crops under several names are one picture, which `file` then lists; else none.

    Compares the crops trained on and those of held-out people. Equal pixels count whoever they show, nearly
    equal ones only among photographs as they were taken: a forgery is near the photograph it was put into.
    """
    dataset = data.dataset
    names = dataset.identity_names[dataset.identities]
    is_held_out = np.isin(names, data.held_out)
    rows = np.flatnonzero(is_held_out | np.isin(np.arange(len(dataset)), data.trained))
    paths = dataset.paths()
    labels = CropLabels(
        [paths[row] for row in rows],
        names[rows],
        dataset.synthetic[rows],
        [VALIDATION if held_out else TRAINING for held_out in is_held_out[rows]],
    )
    as_taken = np.array([made is None for made in dataset.forgeries()])[rows] & ~dataset.synthetic[rows]
    groups = contradicting(
        find_duplicates(len(rows), lambda place: dataset.image(int(rows[place])), near=as_taken), labels
    )
    if not groups:
        return []
    write_list(file, groups, labels)
    return [f"{describe(groups, labels)}: what is learnt and measured is spoilt by them; they are in {file}"]
