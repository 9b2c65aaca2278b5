"""The data of verification: what is trained on and what is validated with; no identity is in both."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from common.forge.forger import FORGERY_VERSION
from common.metrics.figures import PAIRS
from common.models.crop_settings import CropSettings
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.runtime.errors import UserError
from train.augment.augmentation import Augmentation
from train.config import TrainConfig
from train.data.batches import ForgingPlan, PlannedBatches
from train.data.crop_settings import crop_settings_of
from train.data.dataset import CropDataset, FaceCrops
from train.data.drawn_pairs import DrawnPairs
from train.data.forging import batch_forging, forgeable_crops
from train.data.pair_list import (
    ListedPairs,
    listed_identities,
    listed_synthetic,
    refuse_same_pairs,
    resolve_pair_list,
)
from train.data.pair_sampler import PairSampler
from train.data.pk_sampler import PKSampler
from train.data.pseudo_rows import refuse_pseudo
from train.data.require_shards import require_shards
from train.data.split import held_out_identities, read_split
from train.data.synthetic_training import synthetic_training
from train.data.training_crops import TrainingCrops
from train.data.validation_pairs import ValidationPairs
from train.tasks.verification.facts import validation_facts
from train.tasks.verification.notes import forging_notes, list_notes, settings_notes
from train.tasks.verification.validation_data import validation_data


@dataclass(frozen=True)
class TrainingData:
    """What `prepare_data` reads and plans."""

    dataset: CropDataset
    crops: TrainingCrops
    validation_crops: FaceCrops  # those of the data set, and forgeries where the pairs have such
    batches: PlannedBatches
    pairs: ValidationPairs
    trained: NDArray[np.int64]  # rows of the data set
    identities: int  # trained on
    held_out: list[str]  # names of the identities validated on
    trained_on: str  # for people: where the crops lie, how many, of how many people
    crop_settings: CropSettings | None  # how the crops were taken; None where that is not known
    synthetic: SyntheticTraining  # synthetic faces trained on
    validated: ValidationFacts  # what validation rests on
    notes: list[str]  # what a person should know of it
    fingerprint: str  # equal for equal crops, labels, batches and validation pairs


def prepare_data(config: TrainConfig, stored_split: Path) -> TrainingData:
    """Read the shards and the pair lists, hold people out, and plan the batches.

    Who is held out stands in `stored_split` if it is there; otherwise in the split that the configuration
    names, or in its list of validation pairs, or is drawn from the seed.

    Raises UserError when the data does not allow to train and validate.
    """
    require_shards(config.data)
    _require_lists(config)
    dataset = CropDataset(*config.data, allow_missing=config.allow_missing)
    refuse_pseudo(dataset)
    training, validation = (
        resolve_pair_list(dataset, path, config.pair_columns, config.allow_missing) if path else None
        for path in (config.pairs, config.validation.pairs)
    )
    lists = [listed for listed in (training, validation) if listed is not None]
    if training and validation:
        refuse_same_pairs(training, validation)
    if lists:
        dataset.relabel(listed_identities(dataset, lists), listed_synthetic(dataset, lists))
    held_out = _held_out(config, dataset, validation, stored_split)
    notes = [note for folder in dataset.folders for note in folder.notes]
    notes += [note for listed in lists for note in list_notes(listed)]
    if not lists:
        notes += _without_crossings(dataset, held_out)
    is_held_out = np.isin(dataset.identity_names, sorted(held_out))[dataset.identities]
    forgeable = forgeable_crops(dataset) if config.forge.share else None
    validated, pairs = validation_data(config, dataset, validation, held_out, forgeable)
    batches, trained = _batches(config, dataset, training, is_held_out, forgeable)
    digest = hashlib.sha256(trained.tobytes())
    if training:
        digest.update(training.rows.tobytes() + training.categories.tobytes())
    if forgeable is not None:
        digest.update(f"{FORGERY_VERSION}".encode() + dataset.landmarks.tobytes())
    crop_settings, crop_notes = crop_settings_of(dataset.folders)
    people = np.unique(dataset.identities[trained])
    labels = np.searchsorted(people, dataset.identities).clip(max=len(people) - 1)
    forging = None if forgeable is None else batch_forging(dataset, forgeable, trained, config.forge)
    return TrainingData(
        dataset,
        TrainingCrops(dataset, labels, dataset.synthetic, Augmentation(config.augment), forging),
        validated,
        batches,
        pairs,
        trained,
        identities=len(people),
        held_out=sorted(held_out),
        trained_on=_describe(config, dataset, trained, len(people)),
        crop_settings=crop_settings,
        synthetic=synthetic_training(dataset, trained, config.forge),
        validated=validation_facts(validated, pairs),
        notes=[
            *settings_notes(config, batches.batch_size),
            *notes,
            *crop_notes,
            *forging_notes(config, validated),
        ],
        fingerprint=f"{dataset.fingerprint}-{pairs.fingerprint}-{digest.hexdigest()[:16]}",
    )


def _require_lists(config: TrainConfig) -> None:
    """Raises UserError for a list of pairs that is not there: a recipe names some."""
    lists = {"pairs": config.pairs, "validation-pairs": config.validation.pairs}
    for option, path in lists.items():
        if path is not None and not path.exists():
            raise UserError(
                f"there is no list of pairs {path}; name one with --{option}, or do without by --{option} "
                "none"
            )


def _describe(config: TrainConfig, dataset: CropDataset, trained: NDArray[np.int64], people: int) -> str:
    folders = ", ".join(folder.resolve().name for folder in config.data)
    synthetic = int(dataset.synthetic[trained].sum())
    forged = ", and forgeries made of them" if config.forge.share else ""
    return f"{len(trained):,} crops of {people:,} people, {synthetic:,} synthetic, in {folders}{forged}"


def _held_out(
    config: TrainConfig, dataset: CropDataset, validation: ListedPairs | None, stored_split: Path
) -> set[str]:
    names = dataset.identity_names.tolist()
    if validation:
        return {names[identity] for identity in dataset.identities[validation.rows].reshape(-1)}
    if stored_split.exists():
        return read_split(stored_split, names)
    if config.validation.split:
        return read_split(config.validation.split, names)
    return held_out_identities(names, config.validation.share, config.seed)


def _batches(
    config: TrainConfig,
    dataset: CropDataset,
    training: ListedPairs | None,
    is_held_out: NDArray[np.bool_],
    forgeable: NDArray[np.bool_] | None,
) -> tuple[PlannedBatches, NDArray[np.int64]]:
    """The batches, and the rows that they are made of."""
    chosen = config.batch
    forging = None if forgeable is None else ForgingPlan(config.forge.share, forgeable)
    if training:
        left = training.without(np.flatnonzero(is_held_out))
        planned = PairSampler(left.rows, left.categories, size=chosen.size, seed=config.seed, forging=forging)
        return planned, np.unique(left.rows)
    rows = np.flatnonzero(~is_held_out)
    if config.task == PAIRS:
        drawn = DrawnPairs(
            dataset.identities, dataset.synthetic, rows, size=chosen.size, seed=config.seed, forging=forging
        )
        return drawn, rows
    return (
        PKSampler(
            dataset.identities,
            dataset.synthetic,
            rows,
            people=chosen.size // chosen.photos_per_identity,
            photos=chosen.photos_per_identity,
            synthetic_share=chosen.synthetic_share,
            seed=config.seed,
            forging=forging,
        ),
        rows,
    )


def _without_crossings(dataset: CropDataset, held_out: set[str]) -> list[str]:
    """Pass over what `align forge` made of people on both sides of the split, and copies to validate with.

    A trained person's face in a held-out person's photograph would tell of the latter. Post-processed copies
    of bona fide photographs would make easy genuine pairs.
    """
    kept = np.ones(len(dataset), np.bool_)
    names = dataset.identity_names[dataset.identities]
    for row, forged in enumerate(dataset.forgeries()):
        if forged is not None:
            sides = {name in held_out for name in (str(names[row]), *forged.people)}
            is_copy = not dataset.synthetic[row]
            kept[row] = len(sides) == 1 and not (is_copy and True in sides)
    dataset.keep(kept)
    if kept.all():
        return []
    return [
        f"{int((~kept).sum()):,} forged crops are left out: made of people on both sides of the split, or "
        "copies of photographs of people held out"
    ]
