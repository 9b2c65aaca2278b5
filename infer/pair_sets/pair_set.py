"""Set of pairs to compare, with the photographs they are made of."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from infer.stored_crops import ShardCrop

Image = Path | bytes | ShardCrop  # a file, an encoded image, or a crop of a shard


@dataclass(frozen=True)
class PairSet:
    """P pairs of I distinct photographs.

    Attributes:
        name: of the set, as a file name without suffix.
        source: for people: the folder or file that it was read from.
        images: (I,) files, the bytes of encoded images, or crops of shards: one kind of them.
        image_names: (I,) for people and tables, relative to the source where they lie in it.
        ids: (P,) distinct.
        members: (P, 2) int64, rows of `images`.
        categories: (P,) int8, `PairCategory.code`, or `UNLABELLED`.
        has_labels: whether the source says of any pair what it shows.
        aligned: whether the images are crops already, in which no face is to be looked for.
        identity: (I,) int64, whom each image shows; None where the source tells it of pairs alone.
        synthetic: (I,) bool, whether it is synthetic; None as before.
        notes: what was found and made of the source that people should know.
    """

    name: str
    source: str
    images: list[Image] = field(repr=False)
    image_names: list[str] = field(repr=False)
    ids: list[str] = field(repr=False)
    members: NDArray[np.int64] = field(repr=False)
    categories: NDArray[np.int8] = field(repr=False)
    has_labels: bool = True
    aligned: bool = False
    identity: NDArray[np.int64] | None = field(default=None, repr=False)
    synthetic: NDArray[np.bool_] | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)


def folder_name(folder: Path) -> str:
    """What a set is called that lies in a folder, however that was named."""
    return (folder if folder.name not in ("", "..") else folder.resolve()).name or "pairs"
