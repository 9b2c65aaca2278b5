"""Pairs to compare, and the photographs they are made of."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UNLABELLED = -1  # in the place of a `PairCategory.code`


@dataclass(frozen=True)
class PairSet:
    """P pairs of I distinct photographs.

    Attributes:
        name: of the set, as a file name without suffix.
        source: for people: the folder or file that it was read from.
        images: (I,) files, or the bytes of encoded images.
        image_names: (I,) for people and tables, relative to the source where they lie in it.
        ids: (P,) distinct.
        members: (P, 2) int64, rows of `images`.
        categories: (P,) int8, `PairCategory.code`, or `UNLABELLED`.
        has_labels: whether the source says of any pair what it shows.
        aligned: whether the images are crops already, in which no face is to be looked for.
    """

    name: str
    source: str
    images: list[Path | bytes] = field(repr=False)
    image_names: list[str] = field(repr=False)
    ids: list[str] = field(repr=False)
    members: NDArray[np.int64] = field(repr=False)
    categories: NDArray[np.int8] = field(repr=False)
    has_labels: bool = True
    aligned: bool = False

    def __len__(self) -> int:
        return len(self.ids)
