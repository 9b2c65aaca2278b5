"""The data of a classifier whose head is learnt on sequences: tracks in the place of crops."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.forge.partners import Partners
from common.runtime.errors import UserError
from common.runtime.wording import counted
from train.augment.augmentation import Augmentation
from train.data.batches import ForgingPlan
from train.data.class_sampler import ClassSampler
from train.data.dataset import CropDataset
from train.data.track_forging import TrackForging
from train.data.tracks import TrainingTracks, tracks_of
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.validation_data import ValidationTracks


@dataclass(frozen=True)
class TrackParts:
    """The tracks of a data set, and which are trained on and validated with.

    Attributes:
        tracks: the rows of each, T.
        groups, synthetic, forgeable: (T,) a track can be forged where each of its crops can.
        trained, validated: numbers of tracks.
    """

    tracks: list[NDArray[np.int64]]
    groups: NDArray[np.int64]
    synthetic: NDArray[np.bool_]
    forgeable: NDArray[np.bool_]
    trained: NDArray[np.int64]
    validated: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        dataset: CropDataset,
        groups: NDArray[np.int64],
        trained: NDArray[np.bool_],
        validated: NDArray[np.bool_],
        forgeable: NDArray[np.bool_] | None,
    ) -> "TrackParts":
        """The tracks, with what is known by crop, (N,). Raises UserError where none is of a clip."""
        tracks = tracks_of(dataset)
        if all(len(rows) == 1 for rows in tracks):
            raise UserError(
                "there are no clips in the data, and a head over time learns what changes from frame to "
                "frame; align clips with 'python -m align run CLIPS', or leave --temporal out"
            )
        first = np.array([rows[0] for rows in tracks])
        can = np.zeros(len(tracks), np.bool_)
        if forgeable is not None:
            can = np.array([forgeable[rows].all() for rows in tracks])
        return cls(
            tracks,
            groups[first],
            dataset.synthetic[first],
            can,
            np.flatnonzero(trained[first]),
            np.flatnonzero(validated[first]),
        )

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of some tracks."""
        return np.concatenate([self.tracks[number] for number in numbers.tolist()] or [numbers])

    def notes(self, config: ClassifierConfig, crops: int) -> list[str]:
        """What sequences are made of, and how many of the data's crops are in none."""
        stills = sum(len(rows) == 1 for rows in self.tracks)
        told = (
            f"{counted(len(self.tracks) - stills, 'face')} of clips, in sequences of at most {config.steps}"
        )
        told += f" crops for a head over time ({config.temporal})"
        if stills:
            told += f"; {counted(stills, 'photograph')}, each a sequence of one"
        if left := crops - sum(map(len, self.tracks)):
            told += f"; {counted(left, 'frame')} without a face {'is' if left == 1 else 'are'} in none"
        return [told]


def track_batches(config: ClassifierConfig, parts: TrackParts) -> ClassSampler:
    """The batches of a run, of tracks in the place of crops. Raises UserError as `ClassSampler`."""
    return ClassSampler(
        parts.synthetic,
        parts.trained,
        size=config.batch.size,
        balanced=config.batch.balance == "sampler",
        seed=config.seed,
        forging=ForgingPlan(config.forge.share, parts.forgeable) if config.forge.share else None,
    )


def training_tracks(
    config: ClassifierConfig, dataset: CropDataset, groups: NDArray[np.int64], parts: TrackParts
) -> TrainingTracks:
    """What the batches of a run are read from."""
    forging = _forging(config, dataset, parts, parts.trained) if config.forge.share else None
    augmentation = Augmentation(config.augment)
    return TrainingTracks(dataset, parts.tracks, groups, augmentation, config.steps, forging)


def validation_tracks(
    config: ClassifierConfig, dataset: CropDataset, parts: TrackParts, fingerprint: str
) -> ValidationTracks:
    """The tracks held out, and forgeries of them where no synthetic one is and a run makes some."""
    held, forged = parts.validated, np.empty(0, np.int64)
    if config.forge.share and not parts.synthetic[held].any():
        forged = held[parts.forgeable[held]]
    every = np.concatenate([held, forged])
    labels = parts.synthetic[every]
    labels[len(held) :] = True
    return ValidationTracks(
        np.arange(len(every)),
        labels,
        parts.groups[every],
        fingerprint,
        dataset,
        [parts.tracks[number] for number in every.tolist()],
        _forging(config, dataset, parts, held) if len(forged) else None,
        len(forged),
        config.steps,
    )


def _forging(
    config: ClassifierConfig, dataset: CropDataset, parts: TrackParts, among: NDArray[np.int64]
) -> TrackForging:
    """What forges tracks, with faces put in from those among the numbers."""
    rows = parts.rows(among[parts.forgeable[among]])
    partners = Partners(dataset.landmarks, dataset.identities, rows)
    return TrackForging(dataset, partners, config.forge, config.forge.seed_of)
