"""Tracks of a data set: the crops of one face over time, and what a head over time is trained on."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from common.models.sequences import interleaved, padded
from train.augment.augmentation import Augmentation
from train.data.batches import BatchPlan
from train.data.dataset import CropDataset
from train.data.track_forging import TrackForging

WHICH = 1  # keeps the choice of a sequence apart from other chance of its seed


class SequenceBatch(NamedTuple):
    """Sequences of crops and their labels, B rows; M crops in all."""

    crops: Tensor  # (M, 3, size, size) uint8 RGB, sequence by sequence
    places: Tensor  # (B, T) int64, which crop a step is, see `SequenceNetwork.steps`
    identities: Tensor  # (B,) int64
    synthetic: Tensor  # (B,) bool


def tracks_of(dataset: CropDataset) -> list[NDArray[np.int64]]:
    """The rows of each face of a clip in order of time; each photograph is a track of one.

    Frames in which no face was found, whose middles a shard may have, are in none.
    """
    rows: dict[tuple[object, ...], list[tuple[int, int]]] = {}
    for row, seen in enumerate(dataset.frames()):
        if seen is None:
            rows[(row,)] = [(0, row)]
        elif seen.has_face:
            label = bool(dataset.synthetic[row]), bool(dataset.pseudo[row])
            rows.setdefault((seen.shard, seen.clip, seen.track, label), []).append((seen.frame, row))
    return [np.array([row for _, row in sorted(own)], np.int64) for own in rows.values()]


class TrainingTracks(Dataset[SequenceBatch]):
    """Varied sequences of tracks with the labels of training; indexed by a plan whose rows are tracks.

    Of a track that has more frames than a sequence, the seed chooses one of those that it is interleaved of.

    Args:
        dataset: the crops.
        tracks: the rows of each.
        labels: (N,) int64 by crop, the group of each.
        augmentation: how crops are varied, those of a sequence all alike.
        steps: most crops of a sequence.
        forging: how forgeries are made, where plans ask for them.
    """

    def __init__(
        self,
        dataset: CropDataset,
        tracks: list[NDArray[np.int64]],
        labels: NDArray[np.int64],
        augmentation: Augmentation,
        steps: int,
        forging: TrackForging | None = None,
    ) -> None:
        self._dataset = dataset
        self._tracks = tracks
        self._labels = labels
        self._augmentation = augmentation
        self._steps = steps
        self._forging = forging

    def __len__(self) -> int:
        return len(self._tracks)

    def __getitem__(self, plan: BatchPlan) -> SequenceBatch:
        """The sequences of a plan, each forged and varied by its own seed."""
        chosen = list(map(self._sequence, plan.rows.tolist(), plan.seeds.tolist()))
        lengths = list(map(len, chosen))
        crops = self._dataset[np.concatenate(chosen)].crops
        if self._forging is not None:
            crops = self._forging(crops, chosen, plan)
        places = np.split(np.arange(len(crops)), np.cumsum(lengths)[:-1])
        first = np.array([rows[0] for rows in chosen])
        return SequenceBatch(
            self._augmentation(crops, np.repeat(plan.seeds, lengths)),
            torch.from_numpy(padded(places, self._steps)),
            torch.from_numpy(self._labels[first]),
            torch.from_numpy(self._dataset.synthetic[first] | plan.forged),
        )

    def _sequence(self, track: int, seed: int) -> NDArray[np.int64]:
        rows = self._tracks[track]
        found = interleaved(len(rows), self._steps)
        which = int(np.random.default_rng([seed, WHICH]).integers(len(found)))
        return rows[found[which]]
