"""The crops of a folder of shards as forging takes them: labels in memory, pixels on demand."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from common.forge.face import Image, landmarks_for_forging
from common.formats.crop_frame import shard_frame
from common.formats.shard_folder import only_header
from common.formats.shards import (
    ClipColumns,
    ShardHeader,
    clip_columns,
    decode_strings,
    open_shard,
    origin_columns,
    pseudo_labelled,
    read_header,
    shard_paths,
)
from common.runtime.errors import UserError

OPEN_SHARDS = 64  # kept per process: a partner may lie in any


@dataclass(frozen=True)
class CropRecord:
    """What a shard says of one crop; see `ShardRows`."""

    identity: str
    path: str
    landmarks: NDArray[np.float32]  # (5, 2) in pixels of the photograph
    box: NDArray[np.float32]  # (4,)
    score: np.float32
    alignment: np.uint8
    groups: str  # as `ShardRows.origins` has them
    clip: str  # and the next three as `ShardRows.clips` has them; "" for a photograph
    frame: np.int32
    seconds: np.float64
    track: np.int32

    @property
    def source(self) -> dict[str, str]:
        """As the column `sources` names it."""
        return {"identity": self.identity, "path": self.path}


class SourceCrops:
    """All N crops of a folder of shards.

    Attributes:
        header: of every shard.
        ends: (shards,) int64, the row after the last one of each shard.
        identities: (N,) int64, equal for crops of one person.
        landmarks: (N, 5, 2) float32 in pixels of the crops; NaN where there is no face.
        bona_fide: (N,) bool.
        pseudo: (N,) bool, whether models guessed that; such a crop is not forged.

    Raises UserError for a folder without shards, a damaged shard, or shards that do not belong together.
    """

    def __init__(self, folder: Path) -> None:
        self._paths = shard_paths(folder)
        self._open = lru_cache(maxsize=OPEN_SHARDS)(_columns)
        names: list[str] = []
        counts, bona_fide, pseudo, landmarks, headers = [], [], [], [], set()
        for path in self._paths:
            with open_shard(path) as shard:
                header = read_header(shard)
                headers.add(header)
                counts.append(len(shard["images"]))
                names += decode_strings(shard["identity"][:])
                bona_fide.append(shard["synthetic"][:] == 0)
                pseudo.append(pseudo_labelled(shard))
                frame = shard_frame(header)
                points, boxes, kinds = (shard[name][:] for name in ("landmarks", "box", "alignment"))
                landmarks.append(landmarks_for_forging(points, boxes, kinds, frame))
        self.header: ShardHeader = only_header(headers, folder)
        self.ends: NDArray[np.int64] = np.cumsum(counts)
        _, labels = np.unique(np.array(names, np.str_), return_inverse=True)
        self.identities: NDArray[np.int64] = labels.astype(np.int64)
        self.landmarks: NDArray[np.float32] = np.concatenate(landmarks).astype(np.float32)
        self.bona_fide: NDArray[np.bool_] = np.concatenate(bona_fide)
        self.pseudo: NDArray[np.bool_] = np.concatenate(pseudo)
        self.usable: NDArray[np.int64] = np.flatnonzero(
            self.bona_fide & ~self.pseudo & np.isfinite(self.landmarks).all(axis=(1, 2))
        )
        if not self.usable.size:
            raise UserError(f"{folder} has no bona fide crop with a face in it: there is nothing to forge")

    def rows(self, shard: int) -> range:
        """The rows of a shard, by its place among the shards."""
        return range(int(self.ends[shard - 1]) if shard else 0, int(self.ends[shard]))

    def image(self, row: int) -> Image:
        """The pixels of a crop, (size, size, 3) uint8 RGB."""
        (images, *_), place = self._find(row)
        pixels: Image = images[place]
        return pixels

    def record(self, row: int) -> CropRecord:
        """What is known of a crop."""
        (_, *columns), place = self._find(row)
        return CropRecord(*(column[place] for column in columns))

    def _find(self, row: int) -> tuple[list[Any], int]:
        number = int(np.searchsorted(self.ends, row, side="right"))
        return self._open(self._paths[number]), row - self.rows(number).start


def _columns(path: Path) -> list[Any]:
    """The images of a shard, which stays open for them, and the columns of its `CropRecord`."""
    shard = open_shard(path)
    texts = [decode_strings(shard[name][:]) for name in ("identity", "path")]
    origins = origin_columns(shard)
    groups = origins.groups if origins else [""] * len(texts[0])
    numbers = (shard[name][:] for name in ("landmarks", "box", "score", "alignment"))
    return [shard["images"], *texts, *numbers, groups, *_of_clips(clip_columns(shard), len(groups))]


def _of_clips(columns: ClipColumns | None, rows: int) -> list[Any]:
    if columns is None:
        unseen = np.full(rows, -1, np.int32)
        return [[""] * rows, unseen, np.full(rows, np.nan), unseen]
    return [columns.clip, columns.frame, columns.seconds, columns.track]


@lru_cache(maxsize=1)
def crops_of_process(folder: Path, digest: str) -> SourceCrops:
    """The crops of a folder, whose labels are read once, however many tasks a worker process is given.

    `digest` is that of the shards: of others with the same names, the labels are read anew.
    """
    return SourceCrops(folder)
