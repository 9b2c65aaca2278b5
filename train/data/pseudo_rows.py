"""Rows with pseudo-labels: what models guessed, which may teach and must never judge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.models.training_facts import PseudoTraining, least_digests, pixel_digest
from common.runtime.errors import UserError
from common.runtime.wording import counted
from train.data.dataset import CropDataset


@dataclass(frozen=True)
class Parts:
    """Which of N crops are trained on and which validated with; none is both."""

    trained: NDArray[np.bool_]  # (N,)
    validated: NDArray[np.bool_]  # (N,) none with a pseudo-label
    left_out: NDArray[np.bool_]  # (N,) pseudo-labelled ones of groups held out, which are in neither


def parts_of(dataset: CropDataset, is_held_out: NDArray[np.bool_]) -> Parts:
    """The parts that crops, (N,), are in whose groups are held out or not.

    A pseudo-labelled crop is never validated with. One that is tied to a group held out is not trained on
    either: it would tell of what is validated with.
    """
    return Parts(~is_held_out, is_held_out & ~dataset.pseudo, is_held_out & dataset.pseudo)


def pseudo_notes(dataset: CropDataset, parts: Parts) -> list[str]:
    """How many pseudo-labels are trained on and left out, and where they lie; none without such."""
    if not dataset.pseudo.any():
        return []
    used = parts.trained & dataset.pseudo
    synthetic, left = int(dataset.synthetic[used].sum()), int(parts.left_out.sum())
    out = f"; {left:,} more are left out, tied to crops held out" if left else ""
    return [
        f"{counted(int(used.sum()), 'crop')} trained on by pseudo-labels, the guesses of models "
        f"({synthetic:,} as synthetic), none validated with{out}"
    ]


def pseudo_training(dataset: CropDataset, trained: NDArray[np.int64]) -> PseudoTraining | None:
    """What checkpoints say of the pseudo-labels among the rows trained on; None without such."""
    rows = trained[dataset.pseudo[trained]]
    if not len(rows):
        return None
    return PseudoTraining(
        crops=len(rows),
        synthetic=int(dataset.synthetic[rows].sum()),
        digests=least_digests(pixel_digest(dataset.stored(row)) for row in rows.tolist()),
    )


def refuse_pseudo(dataset: CropDataset) -> None:
    """Raises UserError for crops with pseudo-labels, which do not say whom a crop shows."""
    if count := int(dataset.pseudo.sum()):
        raise UserError(
            f"{counted(count, 'crop')} of the data with pseudo-labels, guesses of models at what is "
            "synthetic: whom they show nobody knows, so that an encoder learns nothing of them; leave their "
            "folder out of --data"
        )
