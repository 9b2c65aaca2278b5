"""What a classifier is validated with: single crops, or the tracks of clips."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from common.models.classifier import Classifier
from common.models.sequences import step_logits
from train.data.dataset import CropDataset, FaceCrops
from train.data.track_forging import TrackForging


@dataclass(frozen=True)
class ValidationData(ABC):
    """What is held out, V crops or tracks.

    Attributes:
        unit: what one of them is, for people.
        at_once: so many are scored together.
        rows: (V,) what `score` takes.
        labels: (V,) true for synthetic.
        groups: (V,)
        fingerprint: equal for equal pixels and labels that are scored alike.
    """

    unit: ClassVar[str]
    at_once: ClassVar[int]
    rows: NDArray[np.int64]
    labels: NDArray[np.bool_]
    groups: NDArray[np.int64]
    fingerprint: str

    @abstractmethod
    def score(self, classifier: Classifier, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """(R,) logits, averaged over the mirror image; the classifier is in eval mode, on `device`."""


@dataclass(frozen=True)
class ValidationCrops(ValidationData):
    """The crops that are validated with, some perhaps forgeries of held-out ones."""

    unit = "crop"
    at_once = 64

    crops: FaceCrops

    def score(self, classifier: Classifier, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """See `ValidationData.score`."""
        return classifier.score(self.crops[rows].crops.to(device))


@dataclass(frozen=True)
class ValidationTracks(ValidationData):
    """The tracks that a head over time is validated with, each whole.

    Args:
        dataset: the crops.
        tracks: the rows of each, those that are forged last.
        forging: what forges them.
        forged: how many are.
        steps: most frames of a sequence.
    """

    unit = "track"
    at_once = 8

    dataset: CropDataset
    tracks: Sequence[NDArray[np.int64]]
    forging: TrackForging | None
    forged: int
    steps: int

    def score(self, classifier: Classifier, rows: NDArray[np.int64], device: torch.device) -> Tensor:
        """See `ValidationData.score`."""
        forged = rows >= len(self.tracks) - self.forged
        found = torch.empty(len(rows))
        plain = [self.tracks[row] for row in rows[~forged].tolist()]
        if plain:
            read = partial(self._read, np.concatenate(plain), device)
            found[torch.from_numpy(~forged)] = self._logits(classifier, read, plain)
        for place in np.flatnonzero(forged).tolist():
            own = self.tracks[rows[place]]
            crops = self._forged(own).to(device)
            found[place] = self._logits(classifier, crops.__getitem__, [own])
        return found.to(device)

    def _logits(
        self,
        classifier: Classifier,
        read: Callable[[NDArray[np.int64]], Tensor],
        tracks: Sequence[NDArray[np.int64]],
    ) -> Tensor:
        lengths = list(map(len, tracks))
        logits = step_logits(classifier, read, lengths, self.steps)
        means = [part.mean() for part in np.split(logits, np.cumsum(lengths)[:-1])]
        return torch.tensor(means, dtype=torch.float32)

    def _read(self, every: NDArray[np.int64], device: torch.device, part: NDArray[np.int64]) -> Tensor:
        return self.dataset[every[part]].crops.to(device)

    def _forged(self, rows: NDArray[np.int64]) -> Tensor:
        assert self.forging is not None
        images = np.stack([self.dataset.image(row) for row in rows.tolist()])
        return torch.from_numpy(self.forging.forge(images, rows).transpose(0, 3, 1, 2))
