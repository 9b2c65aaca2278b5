"""Data to validate with: pairs of people held out, and forgeries of theirs where there are to be such."""

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from common.forge.forger import FORGERY_VERSION
from train.config import TrainConfig
from train.data.dataset import CropDataset, FaceCrops
from train.data.forging import with_forgeries
from train.data.pair_list import ListedPairs, listed_validation_pairs
from train.data.validation_pairs import ValidationPairs, draw_validation_pairs


def validation_data(
    config: TrainConfig,
    dataset: CropDataset,
    listed: ListedPairs | None,
    held_out: set[str],
    forgeable: NDArray[np.bool_] | None,
) -> tuple[FaceCrops, ValidationPairs]:
    """The crops to validate with, and pairs of their rows.

    Args:
        config: of the run.
        dataset: all crops.
        listed: the pairs of a list; None for pairs drawn among the people held out.
        held_out: names of these people.
        forgeable: (N,) the crops that forgeries can be made of; None where none are to be.

    Raises UserError when there is no genuine or no impostor pair.
    """
    crops: FaceCrops = dataset
    if listed:
        pairs = listed_validation_pairs(dataset, listed)
    else:
        if forgeable is not None:
            is_held_out = np.isin(dataset.identity_names, sorted(held_out))[dataset.identities]
            forged = with_forgeries(dataset, forgeable, is_held_out, config.forge)
            crops = forged if forged.forgeries else dataset
        pairs = draw_validation_pairs(crops, held_out, config.validation.pairs_per_category, config.seed)
    fingerprint = pairs.fingerprint
    if crops is not dataset:
        how = f"{fingerprint} {FORGERY_VERSION} {' '.join(config.forge.methods)}"
        fingerprint = hashlib.sha256(how.encode()).hexdigest()[:16]
    return crops, replace(pairs, fingerprint=_with_pixels(fingerprint, pairs.rows, dataset))


def _with_pixels(fingerprint: str, rows: NDArray[np.int64], dataset: CropDataset) -> str:
    """The fingerprint of pairs and of their crops: the same photographs aligned otherwise do not compare."""
    digest = hashlib.sha256(fingerprint.encode())
    distinct = np.unique(rows)
    for row in distinct[distinct < len(dataset)].tolist():  # what is forged of them depends on them alone
        digest.update(dataset.image(row).tobytes())
    return digest.hexdigest()[:16]
