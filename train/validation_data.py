"""What a run validates with: pairs of people held out, and forgeries of theirs where there are to be such."""

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
    """The pairs to validate on, and the crops that they are rows of.

    Args:
        config: of the run.
        dataset: all crops.
        listed: the pairs of a list; None for pairs drawn among the people held out.
        held_out: names of these people.
        forgeable: (N,) the crops that forgeries can be made of; None where none are to be.

    Raises UserError when there is no genuine or no impostor pair.
    """
    crops, pairs = _validation_pairs(config, dataset, listed, held_out, forgeable)
    return crops, replace(pairs, fingerprint=_with_pixels(pairs, dataset))


def _with_pixels(pairs: ValidationPairs, dataset: CropDataset) -> str:
    """The fingerprint of pairs and of their crops: the same photographs aligned otherwise do not compare."""
    digest = hashlib.sha256(pairs.fingerprint.encode())
    rows = np.unique(pairs.rows)
    for row in rows[rows < len(dataset)].tolist():  # what is forged of them depends on them alone
        digest.update(dataset.image(row).tobytes())
    return digest.hexdigest()[:16]


def _validation_pairs(
    config: TrainConfig,
    dataset: CropDataset,
    listed: ListedPairs | None,
    held_out: set[str],
    forgeable: NDArray[np.bool_] | None,
) -> tuple[FaceCrops, ValidationPairs]:
    if listed:
        return dataset, listed_validation_pairs(dataset, listed)
    per_category, seed = config.validation.pairs_per_category, config.seed
    if forgeable is None:
        return dataset, draw_validation_pairs(dataset, held_out, per_category, seed)
    is_held_out = np.isin(dataset.identity_names, sorted(held_out))[dataset.identities]
    crops = with_forgeries(dataset, forgeable, is_held_out, config.forge)
    pairs = draw_validation_pairs(crops, held_out, per_category, seed)
    if not crops.forgeries:
        return dataset, pairs
    how = f"{pairs.fingerprint} {FORGERY_VERSION} {' '.join(config.forge.methods)}"
    return crops, replace(pairs, fingerprint=hashlib.sha256(how.encode()).hexdigest()[:16])
