"""Forgeries of a collection of crops: who is put into whose photograph."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.forge.face import Face, Image
from common.forge.forger import Forger, Forgery
from common.forge.partners import Partners


@dataclass(frozen=True)
class ForgedCrop:
    """A forgery, and the row of the partner photograph it used."""

    forgery: Forgery
    partner: int | None  # row of the other photograph, where the method took one


class CropForger:
    """Makes forgeries of single crops of a collection.

    Args:
        forger: the methods.
        landmarks: (N, 5, 2) in pixels of the N bona fide crops, which are of one size; NaN where a crop has
            none.
        identities: (N,) of the people on them.
        rows: (M,) of the crops that somebody else's face may be put into; the others never are.
        read: gives the pixels of a row, (size, size, 3) uint8 RGB; called for the row and its partner alone.
    """

    def __init__(
        self,
        forger: Forger,
        landmarks: NDArray[np.floating],
        identities: NDArray[np.int64],
        rows: NDArray[np.int64],
        read: Callable[[int], Image],
    ) -> None:
        self._forger = forger
        self._landmarks = landmarks
        self._partners = Partners(landmarks, identities, rows)
        self._read = read

    def can_forge(self, row: int) -> bool:
        """Whether the landmarks of a row are known."""
        return bool(np.isfinite(self._landmarks[row]).all())

    def forge(self, row: int, seed: int) -> ForgedCrop:
        """A forgery that shows the identity of a row; the same for the same row, seed and collection.

        Args:
            row: with `can_forge(row)`, else ValueError is raised.
            seed: 0 or more.
        """
        if not self.can_forge(row):
            raise ValueError(f"row {row} has no landmarks to forge by")
        partner = self._partners.of(row, seed) if self._forger.takes_partner(seed) else None
        other = None if partner is None else self._face(partner)
        return ForgedCrop(self._forger.forge(self._face(row), other, seed), partner)

    def _face(self, row: int) -> Face:
        return Face(self._read(row), np.asarray(self._landmarks[row], np.float64))
