"""The crops of a folder of shards for an audit: labels and embeddings, with pixels read on demand."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from common.formats.shards import forgery_columns, open_shard
from common.runtime.errors import UserError
from infer.embed import Progress, count_crops, crop_blocks
from infer.models.model import Model

OPEN_SHARDS = 64  # at one time


@dataclass(frozen=True)
class AuditedCrops:
    """All N crops of a folder.

    Attributes:
        paths: of the photographs.
        names: of the P people, sorted.
        labels: (N,) int64, places in `names`.
        synthetic: (N,) bool, as marked.
        forged: (N,) bool, made by `align forge`, so that they resemble others by design.
        vectors: (N, D) float32 embeddings of unit length.
        images: the pixels of a row, (S, S, 3) RGB.
    """

    paths: list[str]
    names: list[str]
    labels: NDArray[np.int64]
    synthetic: NDArray[np.bool_]
    forged: NDArray[np.bool_]
    vectors: NDArray[np.float32]
    images: Callable[[int], NDArray[np.uint8]]

    def name(self, row: int) -> str:
        """The identity of a crop."""
        return self.names[int(self.labels[row])]


class ShardImages:
    """The pixels of the crops of several shards, by row over all of them, in order."""

    def __init__(self, shards: list[Path], counts: list[int]) -> None:
        self._shards = shards
        self._ends = np.cumsum(counts)
        self._images = lru_cache(maxsize=OPEN_SHARDS)(_images)  # shards stay open while they are kept

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """One crop, (S, S, 3) RGB."""
        shard = int(np.searchsorted(self._ends, row, side="right"))
        start = int(self._ends[shard - 1]) if shard else 0
        crop: NDArray[np.uint8] = self._images(self._shards[shard])[row - start]
        return crop


def read_audited_crops(
    shards: list[Path], model: Model, progress: Progress = lambda done, total: None
) -> AuditedCrops:
    """All crops of shards, embedded, with their labels.

    Raises UserError for a damaged shard, crops that are not what the model takes, and empty shards.
    """
    total = count_crops(shards, model)
    if not total:
        raise UserError("the shards are empty: no face was found in any photograph")
    blocks = list(crop_blocks(shards, total, model, progress))
    identities = [identity for block in blocks for identity in block.identity]
    names, labels = np.unique(np.array(identities), return_inverse=True)
    counts, forged = [], []
    for path in shards:
        with open_shard(path) as shard:
            counts.append(len(shard["images"]))
            forged.append(np.full(counts[-1], forgery_columns(shard) is not None))
    return AuditedCrops(
        [path for block in blocks for path in block.path],
        names.tolist(),
        labels.astype(np.int64),
        np.concatenate([block.synthetic for block in blocks]) != 0,
        np.concatenate(forged),
        np.concatenate([block.vectors for block in blocks]),
        ShardImages(shards, counts),
    )


def _images(path: Path) -> h5py.Dataset:
    return open_shard(path)["images"]
