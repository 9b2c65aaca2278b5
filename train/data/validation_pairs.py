"""Validation pairs, drawn once from the people held out."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from train.data.dataset import FaceCrops

MAX_DRAWS = 50  # attempts per wanted pair before a category counts as exhausted


@dataclass(frozen=True)
class ValidationPairs:
    """Pairs of rows of the data set with what they show."""

    rows: NDArray[np.int64]  # (P, 2)
    categories: NDArray[np.int8]  # (P,) `PairCategory.code`
    fingerprint: str  # equal for equal pairs


def draw_validation_pairs(
    dataset: FaceCrops, held_out: set[str], per_category: int, seed: int
) -> ValidationPairs:
    """Up to `per_category` pairs of each category among the held-out identities, the same for the same seed.

    Same-person pairs are two bona fide crops of one identity, different-person pairs bona fide crops of two,
    synthetic pairs a bona fide and a synthetic crop of one identity: the forgery that identity alone cannot
    tell. A category that the data does not have stays empty.

    Raises UserError when there is no genuine or no impostor pair: no error rate could be measured.
    """
    is_held_out = np.isin(dataset.identity_names, sorted(held_out))[dataset.identities]
    bona_fide = np.flatnonzero(is_held_out & ~dataset.synthetic)
    synthetic = np.flatnonzero(is_held_out & dataset.synthetic)
    rng = np.random.default_rng(seed)
    identity = dataset.identities
    drawn = {
        PairCategory.SAME_PERSON: _draw(bona_fide, bona_fide, identity, True, per_category, rng),
        PairCategory.DIFFERENT_PERSON: _draw(bona_fide, bona_fide, identity, False, per_category, rng),
        PairCategory.SYNTHETIC: _draw(bona_fide, synthetic, identity, True, per_category, rng),
    }
    if not len(drawn[PairCategory.SAME_PERSON]) or not len(drawn[PairCategory.DIFFERENT_PERSON]):
        raise UserError(
            "the held-out people give no genuine or no impostor pairs; "
            "raise validation.share or add people with two or more bona fide photographs"
        )
    rows = np.concatenate(list(drawn.values()))
    codes = np.array([category.code for category in drawn], np.int8)
    categories = np.repeat(codes, [len(found) for found in drawn.values()])
    names = "\n".join(f"{dataset.identity_names[identity[a]]} {a} {b}" for a, b in rows.tolist())
    return ValidationPairs(rows, categories, hashlib.sha256(names.encode()).hexdigest()[:16])


def _draw(
    firsts: NDArray[np.intp],
    seconds: NDArray[np.intp],
    identity: NDArray[np.int64],
    same: bool,
    wanted: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Up to `wanted` distinct pairs (P, 2) whose identities are the same, or differ."""
    found: set[tuple[int, int]] = set()
    if len(firsts) and len(seconds):
        candidates = _by_identity(seconds, identity)
        for _ in range(wanted * MAX_DRAWS):
            if len(found) == wanted:
                break
            first = int(rng.choice(firsts))
            second = int(rng.choice(candidates.get(int(identity[first]), seconds) if same else seconds))
            if first != second and (identity[first] == identity[second]) == same:
                found.add((min(first, second), max(first, second)))
    return np.array(sorted(found), dtype=np.int64).reshape(-1, 2)


def _by_identity(rows: NDArray[np.intp], identity: NDArray[np.int64]) -> dict[int, NDArray[np.intp]]:
    ordered = rows[np.argsort(identity[rows], kind="stable")]
    people, starts = np.unique(identity[ordered], return_index=True)
    return dict(zip(people.tolist(), np.split(ordered, starts[1:]), strict=True))
