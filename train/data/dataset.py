"""Data set of aligned crops, read from shards on demand."""

import hashlib
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from common.forge.face import landmarks_for_forging
from common.formats.crop_frame import shard_frame
from common.formats.crop_size import fit_crop
from common.formats.groups import group_names
from common.formats.shard_folder import ShardFolder, open_folder
from common.formats.shards import (
    Alignment,
    clip_columns,
    decode_strings,
    forgery_columns,
    open_shard,
    origin_columns,
    pseudo_labelled,
    read_header,
)
from common.runtime.errors import UserError
from train.data.resolution import matched_over_time, matched_sides, reduced, shown_sides

OPEN_SHARDS = 64  # file handles kept per process


class CropBatch(NamedTuple):
    """Crops and their labels, N rows."""

    crops: Tensor  # (N, 3, size, size) uint8 RGB
    identities: Tensor  # (N,) int64
    synthetic: Tensor  # (N,) bool


class FaceCrops(Protocol):
    """The crops and labels that validation reads, by row; the attributes are `CropDataset`'s."""

    identity_names: NDArray[np.str_]
    identities: NDArray[np.int64]
    synthetic: NDArray[np.bool_]

    def __getitem__(self, rows: NDArray[np.int64]) -> CropBatch:
        """The crops of `rows`, in their order."""


class ForgedOffline(NamedTuple):
    """The method and the people of a crop that `align forge` made."""

    method: str
    people: tuple[str, ...]  # whose photographs it is made of


class FrameOfClip(NamedTuple):
    """Where in a video a crop was taken."""

    shard: int
    clip: str
    track: int
    frame: int
    has_face: bool


class CropDataset(Dataset[CropBatch]):
    """All crops of one or more folders of shards; only labels are held in memory.

    An identity is the same person in every folder.

    It is indexed by a list of rows and answers with a whole batch.

    Attributes:
        identity_names: the distinct identities, sorted; labels are positions in this list.
        identities: (N,) int64, the label of each crop.
        synthetic: (N,) bool.
        pseudo: (N,) bool, whether `synthetic` was guessed by models, see `train.data.pseudo_rows`.
        size: pixels, both sides of a crop.
        folders: where they lie.
        headers: the distinct headers of the shards.

    With `allow_missing`, folders that are not what their manifests say are taken as they are. With `size`,
    crops of any size and detector are brought to it by `fit_crop`; their template must be one.

    Raises UserError for a folder without shards, one that lacks some, a damaged shard, or shards that do not
    belong together.
    """

    def __init__(self, *folders: Path, allow_missing: bool = False, size: int | None = None) -> None:
        if len({folder.resolve() for folder in folders}) < len(folders):
            raise UserError("one folder of shards is named twice; name each once")
        self.folders: list[ShardFolder] = [open_folder(each).require_whole(allow_missing) for each in folders]
        self._paths: list[Path] = [path for each in self.folders for path in each.shards]
        counts, names, synthetic, pseudo, headers = [], [], [], [], set()
        folder = ", ".join(map(str, folders))
        for path in self._paths:
            with open_shard(path) as shard:
                counts.append(len(shard["images"]))
                names += decode_strings(shard["identity"][:])
                synthetic.append(shard["synthetic"][:] != 0)
                pseudo.append(pseudo_labelled(shard))
                headers.add(read_header(shard))
        frames = {(header.template, header.margin) for header in headers}
        if len(headers) > 1 and (size is None or len(frames) > 1):
            differ = "detector, template or size" if size is None else "template or margin"
            raise UserError(
                f"the shards in {folder} differ in {differ}; make them again with 'python -m align run'"
            )
        if not names:
            raise UserError(f"the shards in {folder} are empty: no face was found in any photograph")
        self.headers = headers
        self._folder, self._template = folder, frames.pop()[0]
        self.size = size or headers.copy().pop().size
        self._ends = np.cumsum(counts)
        self.identity_names, inverse = np.unique(np.array(names), return_inverse=True)
        self.identities: NDArray[np.int64] = inverse.astype(np.int64)
        self.synthetic: NDArray[np.bool_] = np.concatenate(synthetic)
        self.pseudo: NDArray[np.bool_] = np.concatenate(pseudo)
        self._places = np.arange(len(names))  # of the crops among all of the shards
        self._sides: NDArray[np.float64] | None = None  # pixels that crops are reduced to and brought back

    def require(self, size: int) -> None:
        """Raises UserError unless the crops are ArcFace crops of `size` pixels, as an encoder takes them."""
        if self.size != size or self._template != "arcface":
            raise UserError(
                f"the crops in {self._folder} are {self.size}x{self.size} pixels in the template "
                f"'{self._template}', but the encoder takes {size}x{size} in 'arcface'; make them with "
                f"'python -m align run --size {size} --out ANOTHER_FOLDER' and name that with --data"
            )

    def match_resolution(
        self, tracks: Sequence[NDArray[np.int64]] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bring both classes to one distribution of resolution from here on, see `matched_sides`.

        With the rows of `tracks`, the crops of each are reduced alike, see `matched_over_time`.

        Returns the pixels of the photograph along a side of each crop, (N,), before and after; none has more
        than are stored of it.
        """
        shown = []
        for path in self._paths:
            with open_shard(path) as shard:
                header = read_header(shard)
                points, boxes, kinds = (shard[name][:] for name in ("landmarks", "box", "alignment"))
                shown.append(shown_sides(points, boxes, kinds, shard_frame(header)))
        before = np.concatenate(shown)[self._places]
        if tracks is None:
            self._sides = matched_sides(before, self.synthetic)
        else:
            self._sides = matched_over_time(before, self.synthetic, tracks)
        return before, self._sides

    @cached_property
    def landmarks(self) -> NDArray[np.float32]:
        """Where the five landmarks of each crop lie in it, (N, 5, 2) x, y in pixels; NaN without a face."""
        found = []
        for path in self._paths:
            with open_shard(path) as shard:
                header = read_header(shard)
                frame, scale = shard_frame(header), self.size / header.size
                points, boxes, kinds = (shard[name][:] for name in ("landmarks", "box", "alignment"))
                found.append(scale * landmarks_for_forging(points, boxes, kinds, frame))
        return np.concatenate(found).astype(np.float32)[self._places]

    def image(self, row: int) -> NDArray[np.uint8]:
        """One crop, (size, size, 3) RGB."""
        crop = self.stored(row)
        return fit_crop(crop if self._sides is None else reduced(crop, self._sides[row]), self.size)

    def stored(self, row: int) -> NDArray[np.uint8]:
        """One crop as its shard has it, (S, S, 3) RGB of any size."""
        place = int(self._places[row])
        shard = int(np.searchsorted(self._ends, place, side="right"))
        start = int(self._ends[shard - 1]) if shard else 0
        crop: NDArray[np.uint8] = _images(self._paths[shard])[place - start]
        return crop

    def relabel(self, people: NDArray[np.int64], synthetic: NDArray[np.bool_]) -> None:
        """Take other labels than the shards'.

        Args:
            people: (N,) from 0; the crops of a person keep the name of the first of their identities.
            synthetic: (N,).
        """
        first = np.unique(people, return_index=True)[1]
        self.identity_names = self.identity_names[self.identities[first]]
        self.identities, self.synthetic = people, synthetic

    def paths(self) -> list[str]:
        """The photograph of each crop: its path below the root that was aligned, with forward slashes."""
        found: list[str] = []
        for path in self._paths:
            with open_shard(path) as shard:
                found += decode_strings(shard["path"][:])
        return [found[place] for place in self._places]

    def forgeries(self) -> list[ForgedOffline | None]:
        """What `align forge` says of each crop; None of one that it did not make."""
        found: list[ForgedOffline | None] = []
        for path in self._paths:
            with open_shard(path) as shard:
                columns, count = forgery_columns(shard), len(shard["images"])
            if columns is None:
                found += [None] * count
            else:
                found += map(ForgedOffline, columns.method, columns.people())
        return [found[place] for place in self._places]

    def origin_groups(self) -> list[tuple[str, ...]]:
        """Of each crop the source videos and the like that it must not be parted from."""
        found: list[tuple[str, ...]] = []
        for path in self._paths:
            with open_shard(path) as shard:
                columns, count = origin_columns(shard), len(shard["images"])
            found += map(group_names, columns.groups) if columns else [()] * count
        return [found[place] for place in self._places]

    def frames(self) -> list[FrameOfClip | None]:
        """Where each crop was taken; None of one of a photograph."""
        found: list[FrameOfClip | None] = []
        for number, path in enumerate(self._paths):
            with open_shard(path) as shard:
                clips, kinds = clip_columns(shard), shard["alignment"][:]
            if clips is None:
                found += [None] * len(kinds)
                continue
            columns = clips.clip, clips.track.tolist(), clips.frame.tolist(), kinds != Alignment.CENTRE
            found += [
                FrameOfClip(number, clip, track, frame, bool(has_face)) if clip else None
                for clip, track, frame, has_face in zip(*columns, strict=True)
            ]
        return [found[place] for place in self._places]

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Pass over the crops that are not `kept`, (N,); the people stay those of all crops."""
        self._places = self._places[kept]
        self.identities, self.synthetic = self.identities[kept], self.synthetic[kept]
        self.pseudo = self.pseudo[kept]

    @cached_property
    def fingerprint(self) -> str:
        """Equal for the same photographs with the same labels in the same order."""
        digest = hashlib.sha256()
        rows = zip(self.paths(), self.identities, self.synthetic, self.pseudo, strict=True)
        for path, identity, synthetic, pseudo in rows:
            guessed = "\0pseudo" if pseudo else ""
            digest.update(f"{path}\0{self.identity_names[identity]}\0{int(synthetic)}{guessed}\n".encode())
        return digest.hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.identities)

    def __getitem__(self, rows: list[int] | NDArray[np.int64]) -> CropBatch:
        """The crops of `rows`, in their order."""
        rows = np.asarray(rows, dtype=np.int64)
        crops = np.empty((len(rows), self.size, self.size, 3), np.uint8)
        for position, row in enumerate(rows):
            crops[position] = self.image(int(row))
        return CropBatch(
            torch.from_numpy(crops.transpose(0, 3, 1, 2)),
            torch.from_numpy(self.identities[rows]),
            torch.from_numpy(self.synthetic[rows]),
        )


@lru_cache(maxsize=OPEN_SHARDS)
def _images(path: Path) -> h5py.Dataset:
    """The crops of a shard, which stays open for as long as they are kept."""
    return open_shard(path)["images"]
