"""The data of a classifier: what is trained on and what is validated with; no group of crops is in both."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lightning_fabric import Fabric
from numpy.typing import NDArray

from common.duplicates.near_duplicates import DuplicateGroup
from common.forge.forger import FORGERY_VERSION
from common.models.crop_settings import CropSettings
from common.models.training_facts import PseudoTraining, SyntheticTraining
from common.runtime.errors import UserError
from train.augment.augmentation import Augmentation
from train.data.batches import ForgingPlan
from train.data.class_sampler import ClassSampler
from train.data.crop_settings import crop_settings_of
from train.data.dataset import CropDataset, FaceCrops
from train.data.forging import batch_forging, forgeable_crops, with_forgeries
from train.data.groups import crop_groups, crops_of_groups_with
from train.data.pseudo_rows import Parts, parts_of, pseudo_notes, pseudo_training
from train.data.require_shards import require_shards
from train.data.same_pictures import same_pictures
from train.data.split import held_out_groups, read_split
from train.data.synthetic_training import synthetic_training
from train.data.tracks import TrainingTracks, tracks_of
from train.data.training_crops import TrainingCrops
from train.load_config import without_effect
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.notes import (
    doubt_notes,
    forging_notes,
    resolution_notes,
    size_notes,
    template_notes,
    unused_notes,
)
from train.tasks.classification.over_time import (
    TrackParts,
    track_batches,
    training_tracks,
    validation_tracks,
)
from train.tasks.classification.validation_data import ValidationCrops, ValidationData


@dataclass(frozen=True)
class ClassificationData:
    """What `prepare_data` reads and plans."""

    dataset: CropDataset
    same: list[DuplicateGroup]  # rows that are one picture, as far as they were looked for
    crops: TrainingCrops | TrainingTracks
    batches: ClassSampler
    validation: ValidationData
    trained: NDArray[np.int64]  # rows of the data set
    is_held_out: NDArray[np.bool_]  # (N,) by crop, also pseudo-labelled ones, which are in neither part
    held_out: list[str]  # the identities validated on, all of a group
    held_out_groups: int
    trained_on: str  # for people
    crop_settings: CropSettings | None  # how the crops were taken; None where that is not known
    synthetic: SyntheticTraining
    pseudo: PseudoTraining | None
    notes: list[str]  # what a person should know of it
    fingerprint: str  # equal for equal crops, labels, batches and validation


def prepare_data(config: ClassifierConfig, stored_split: Path, fabric: Fabric) -> ClassificationData:
    """Read the shards, hold groups out, and plan the batches.

    Which groups are held out stands in `stored_split` if it is there; otherwise in the split that the
    configuration names, or is drawn from the seed. The first process looks for pictures that are there twice,
    which takes minutes of many crops, and the others are told.

    Raises UserError when the data does not allow to train and validate.
    """
    require_shards(config.data)
    dataset = CropDataset(*config.data, allow_missing=config.allow_missing, size=config.size)
    same = same_pictures_of(config, dataset, fabric)
    groups, names = crop_groups(dataset, same)
    sides = match_resolution(config, dataset)
    held_out = _held_out(config, dataset, groups, names, stored_split)
    is_held_out = crops_of_groups_with(held_out, dataset, groups)
    forgeable = forgeable_crops(dataset) if config.forge.share else None
    parts = parts_of(dataset, is_held_out)
    if forgeable is not None and not (forgeable & parts.trained).any():
        raise UserError(
            "no crop can be forged: that takes bona fide ones with the landmarks of a face, as 'python -m "
            "align run' makes them of photographs; leave out --forge"
        )
    trained = np.flatnonzero(parts.trained)
    crops: TrainingCrops | TrainingTracks
    tracks = _tracks(config, dataset, groups, parts, forgeable)
    if tracks is not None:
        batches = track_batches(config, tracks)
        crops = training_tracks(config, dataset, groups, tracks)
    else:
        batches = _batches(config, dataset, trained, forgeable)
        forging = None if forgeable is None else batch_forging(dataset, forgeable, trained, config.forge)
        crops = TrainingCrops(dataset, groups, dataset.synthetic, Augmentation(config.augment), forging)
    validation, forged = _validation(config, dataset, groups, parts.validated, forgeable, tracks)
    crop_settings, crop_notes = crop_settings_of(dataset.folders)
    digest = training_digest(config, dataset, trained)
    return ClassificationData(
        dataset,
        same,
        crops,
        batches,
        validation,
        trained,
        is_held_out,
        held_out=dataset.identity_names[np.unique(dataset.identities[is_held_out])].tolist(),
        held_out_groups=len(np.unique(groups[parts.validated])),
        trained_on=_describe(config, dataset, trained),
        crop_settings=crop_settings,
        synthetic=synthetic_training(dataset, trained, config.forge),
        pseudo=pseudo_training(dataset, trained),
        notes=[
            *(
                f"{option} of the configuration has no effect without {needed}"
                for option, needed in without_effect(config)
            ),
            *(note for folder in dataset.folders for note in folder.notes),
            *crop_notes,
            *size_notes(config.size, dataset),
            *(tracks.notes(config, len(dataset)) if tracks else ()),
            *template_notes(config, dataset),
            *pseudo_notes(dataset, parts),
            *(resolution_notes(dataset.synthetic, *sides) if sides else ()),
            *forging_notes(config, dataset, forged),
            *unused_notes(batches.leaves_synthetic_out, int(dataset.synthetic[trained].sum())),
            *doubt_notes(validation.labels, validation.unit),
        ],
        fingerprint=f"{dataset.fingerprint}-{validation.fingerprint}-{digest}",
    )


def same_pictures_of(config: ClassifierConfig, dataset: CropDataset, fabric: Fabric) -> list[DuplicateGroup]:
    """The rows that are one picture, the same in all processes; none where they are not looked for."""
    if not config.same_pictures:
        return []
    found = same_pictures(dataset, np.arange(len(dataset))) if fabric.global_rank == 0 else None
    shared = fabric.broadcast(found)
    assert shared is not None
    return shared


def data_fingerprint(
    config: ClassifierConfig, dataset: CropDataset, groups: NDArray[np.int64], parts: Parts
) -> str:
    """What a run on these parts of the data has as the fingerprint of its data, see `ClassificationData`."""
    forgeable = forgeable_crops(dataset) if config.forge.share else None
    tracks = _tracks(config, dataset, groups, parts, forgeable)
    validation, _ = _validation(config, dataset, groups, parts.validated, forgeable, tracks)
    digest = training_digest(config, dataset, np.flatnonzero(parts.trained))
    return f"{dataset.fingerprint}-{validation.fingerprint}-{digest}"


def training_digest(config: ClassifierConfig, dataset: CropDataset, trained: NDArray[np.int64]) -> str:
    """The last part of the fingerprint of a run's data: which rows are trained on, and how they are read."""
    digest = hashlib.sha256(trained.tobytes() + f"{config.size} {config.match_resolution}".encode())
    if config.temporal.is_learnt:
        digest.update(f"{config.temporal} {config.steps} {config.forge.seed_of}".encode())
    if config.forge.share:
        digest.update(f"{FORGERY_VERSION}".encode() + dataset.landmarks.tobytes())
    return digest.hexdigest()[:16]


def match_resolution(
    config: ClassifierConfig, dataset: CropDataset
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """What `CropDataset.match_resolution` returns, for tracks as a whole; None where it is not wanted."""
    if not config.match_resolution:
        return None
    return dataset.match_resolution(tracks_of(dataset) if config.temporal.is_learnt else None)


def _batches(
    config: ClassifierConfig,
    dataset: CropDataset,
    trained: NDArray[np.int64],
    forgeable: NDArray[np.bool_] | None,
) -> ClassSampler:
    return ClassSampler(
        dataset.synthetic,
        trained,
        size=config.batch.size,
        balanced=config.batch.balance == "sampler",
        seed=config.seed,
        forging=None if forgeable is None else ForgingPlan(config.forge.share, forgeable),
    )


def _held_out(
    config: ClassifierConfig,
    dataset: CropDataset,
    groups: NDArray[np.int64],
    names: list[str],
    stored_split: Path,
) -> set[str]:
    """Identities that are held out, with all that is of their groups."""
    split = stored_split if stored_split.exists() else config.validation.split
    if split:
        return read_split(split, dataset.identity_names.tolist(), least=1)
    kinds: dict[str, set[bool]] = defaultdict(set)
    judging = ~dataset.pseudo  # a group of guesses alone has nothing to validate with
    for group, synthetic in zip(groups[judging].tolist(), dataset.synthetic[judging].tolist(), strict=True):
        kinds[names[group]].add(synthetic)
    return held_out_groups(kinds, config.validation.share, config.seed)


def _tracks(
    config: ClassifierConfig,
    dataset: CropDataset,
    groups: NDArray[np.int64],
    parts: Parts,
    forgeable: NDArray[np.bool_] | None,
) -> TrackParts | None:
    """The tracks of the parts; None where single crops are learnt from."""
    if not config.temporal.is_learnt:
        return None
    return TrackParts.of(dataset, groups, parts.trained, parts.validated, forgeable)


def _validation(
    config: ClassifierConfig,
    dataset: CropDataset,
    groups: NDArray[np.int64],
    validated: NDArray[np.bool_],
    forgeable: NDArray[np.bool_] | None,
    tracks: TrackParts | None,
) -> tuple[ValidationData, int]:
    """The crops or tracks to validate with, and how many forgeries are among them.

    Raises UserError where they are not of both classes.
    """
    if tracks is not None:
        fingerprint = _fingerprint(config, dataset, tracks.rows(tracks.validated))
        found = validation_tracks(config, dataset, tracks, fingerprint)
        _require_both(found, dataset, forgeable)
        return found, found.forged
    rows, forgeries = np.flatnonzero(validated), 0
    chosen: FaceCrops = dataset
    if forgeable is not None and not dataset.synthetic[rows].any():
        with_forged = with_forgeries(dataset, forgeable, validated, config.forge)
        forgeries, chosen = with_forged.forgeries, with_forged
        rows = np.concatenate([rows, len(dataset) + np.arange(forgeries)])
        groups = np.concatenate([groups, groups[with_forged.rows]])
    labels, fingerprint = chosen.synthetic[rows], _fingerprint(config, dataset, rows)
    crops = ValidationCrops(rows, labels, groups[rows], fingerprint, chosen)
    _require_both(crops, dataset, forgeable)
    return crops, forgeries


def _require_both(data: ValidationData, dataset: CropDataset, forgeable: NDArray[np.bool_] | None) -> None:
    for synthetic, name in ((False, "bona fide"), (True, "synthetic")):
        if not (data.labels == synthetic).any():
            raise UserError(
                f"there is no {name} {data.unit} to validate with among the {len(data.rows):,} held out of "
                f"{len(dataset):,} crops; add {name} faces of two or more people or sources to the data"
                + ("" if not synthetic or forgeable is not None else ", or make forgeries with --forge 0.5")
            )


def _fingerprint(config: ClassifierConfig, dataset: CropDataset, rows: NDArray[np.int64]) -> str:
    """Of the pixels and labels that are validated with; what is forged of them depends on these alone."""
    how = f"{config.size} {FORGERY_VERSION} {' '.join(config.forge.methods)}" if config.forge.share else ""
    if config.temporal.is_learnt:
        how += f" tracks {config.forge.seed_of if config.forge.share else ''}"
    digest = hashlib.sha256(how.encode() + rows.tobytes())
    for row in rows[rows < len(dataset)].tolist():
        digest.update(dataset.image(row).tobytes() + dataset.synthetic[row].tobytes())
    return digest.hexdigest()[:16]


def _describe(config: ClassifierConfig, dataset: CropDataset, trained: NDArray[np.int64]) -> str:
    folders = ", ".join(folder.resolve().name for folder in config.data)
    synthetic = int(dataset.synthetic[trained].sum())
    forged = f", and forgeries made of them ({', '.join(config.forge.methods)})" if config.forge.share else ""
    pseudo = int(dataset.pseudo[trained].sum())
    guessed = f", {pseudo:,} of them by pseudo-labels" if pseudo else ""
    kinds = f"{len(trained) - synthetic:,} bona fide and {synthetic:,} synthetic crops"
    return f"{kinds} in {folders}{guessed}{forged}"
