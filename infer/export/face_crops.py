"""The crops of faces for a classifier, cut once for calibration and for every measurement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection
from common.formats.crop_size import fit_crop
from common.runtime.errors import UserError
from infer.chunks import CHUNK
from infer.classification.ensemble import Ensemble
from infer.classification.faces import probabilities
from infer.classification.score import faces_of
from infer.classification.source import ImagesToClassify, refuse_other_frames
from infer.models.classifier_model import ClassifierModel


@dataclass(frozen=True)
class FaceCrops:
    """The faces of a source, at most one of each image.

    Attributes:
        name: of the source.
        crops: (I, S, S, 3) uint8 RGB as the network takes them, one for each image, in a file that is mapped
            into memory.
        usable: (F,) rows of the images that have a face.
        labels: (I,) int8: 1 synthetic, 0 bona fide, `UNLABELLED`.
    """

    name: str
    crops: NDArray[np.uint8] = field(repr=False)
    usable: NDArray[np.int64] = field(repr=False)
    labels: NDArray[np.int8] = field(repr=False)

    @property
    def without_face(self) -> int:
        """Images that no usable face was found in."""
        return len(self.labels) - len(self.usable)

    def probabilities(self, model: ClassifierModel) -> NDArray[np.float64]:
        """(F,) P(synthetic) of the faces, at the temperature of the model."""
        parts = [self.usable[start : start + CHUNK] for start in range(0, len(self.usable), CHUNK)]
        logits = np.concatenate([model.score(self.crops[rows]) for rows in parts])
        return probabilities(logits / model.info.point.temperature)


def crops_of_faces(
    images: ImagesToClassify,
    ensemble: Ensemble,
    file: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FaceCrops:
    """Cut the faces of images for the one classifier of an ensemble; the crops go to `file`.

    Raises UserError when no image has a face, shards are not cut as in its training, and when a worker dies.
    """
    refuse_other_frames(images, ensemble)
    (member,) = ensemble.members
    count, side = len(images.images), member.size
    crops = np.memmap(file, np.uint8, "w+", shape=(max(count, 1), side, side, 3))[:count]
    looked_at = [row for row in range(count) if row not in images.problems]
    usable: list[int] = []
    for chunk in faces_of([images.images[row] for row in looked_at], ensemble, workers, progress):
        for place, outcome in chunk.items():
            if not isinstance(outcome, Rejection):
                row = looked_at[place]
                crops[row] = fit_crop(outcome[0].views[0], side)
                usable.append(row)
    if not usable:
        raise UserError(f"none of the {count:,} images of {images.origin} has a usable face; name others")
    return FaceCrops(images.name, crops, np.array(sorted(usable), np.int64), images.labels)
