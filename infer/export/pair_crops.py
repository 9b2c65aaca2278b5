"""The crops of a set of pairs, aligned once for calibration and for every measurement."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from infer.chunks import CHUNK
from infer.embeddings import Embeddings, aligned_images
from infer.models.model import Model
from infer.pair_sets.pair_set import PairSet
from infer.score import similarities
from infer.uncompared import refuse_without_scores


@dataclass(frozen=True)
class PairCrops:
    """The crops of pairs.

    Attributes:
        pair_set: the pairs.
        crops: (I, S, S, 3) uint8 RGB, one for each image, in a file that is mapped into memory.
        rejected: why an image has none, by row.
    """

    pair_set: PairSet
    crops: NDArray[np.uint8] = field(repr=False)
    rejected: dict[int, str]

    @property
    def usable(self) -> NDArray[np.int64]:
        """(F,) rows of the images that have a crop."""
        return np.setdiff1d(np.arange(len(self.crops)), list(self.rejected))

    def similarities(self, model: Model) -> NDArray[np.float64]:
        """(P,) as a model scores the pairs; NaN without two faces. Raises UserError as `Model.embed`."""
        vectors = np.zeros((len(self.crops), model.card.embedding_size), np.float32)
        usable = self.usable
        for start in range(0, len(usable), CHUNK):
            rows = usable[start : start + CHUNK]
            vectors[rows] = model.embed(self.crops[rows])
        return similarities(self.pair_set.members, Embeddings(vectors, self.rejected))


def align_pairs(
    pair_set: PairSet,
    model: Model,
    file: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PairCrops:
    """Align the images of pairs for a model; the crops go to `file`.

    Raises UserError when no image has a face, and when a worker dies.
    """
    images, side = pair_set.images, model.size
    crops = np.memmap(file, np.uint8, "w+", shape=(max(len(images), 1), side, side, 3))[: len(images)]
    rejected: dict[int, str] = {}
    for found, reasons in aligned_images(images, model, pair_set.aligned, workers, progress):
        for row, crop in found.items():
            crops[row] = crop
        rejected |= reasons
    if len(rejected) == len(images):
        refuse_without_scores(pair_set.source, images, np.full(len(pair_set), np.nan), rejected)
    return PairCrops(pair_set, crops, dict(sorted(rejected.items())))
