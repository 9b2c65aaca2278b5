"""APCER of each species of attack: how often the forgeries of one method or folder pass for bona fide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from common.metrics.classification import checked_faces, group_numbers
from common.metrics.interval import Interval
from common.metrics.report import CategoryErrors
from common.metrics.resampling import intervals_of_means


@dataclass(frozen=True)
class SpeciesErrors:
    """The synthetic faces of one species that a classifier calls bona fide."""

    name: str
    errors: CategoryErrors  # the rate is the APCER of the species
    groups: int
    interval: Interval | None  # of 95 %; None above a million faces


def apcer_by_species(
    labels: ArrayLike,
    probabilities: ArrayLike,
    species: Sequence[str],
    groups: ArrayLike | None = None,
    threshold: float = 0.5,
    seed: int = 0,
) -> list[SpeciesErrors]:
    """The APCER of each species, the worst first: the first of them is the one that ISO/IEC 30107-3 reports.

    Equal rates stand in the order of their upper bounds, the higher first, and then of their names. The
    intervals resample groups within the species; where all resamples agree, because no face passes or because
    there is one group, they are opened by 3 / n, the rule of three, n the groups. Bona fide faces are left
    out, whatever species is named for them.

    Args:
        labels, probabilities, groups, threshold: as `evaluate_classification` takes them.
        species: (N,) of each face; the empty name is one like others.

    Raises ValueError as `evaluate_classification`, and for species of another length.
    """
    synthetic, likely = checked_faces(labels, probabilities)
    if len(species) != len(synthetic):
        raise ValueError(f"{len(species)} species must be one for each of {len(synthetic)} faces")
    of_faces, passed = group_numbers(groups, len(synthetic))[synthetic], (likely < threshold)[synthetic]
    names = np.array(species, dtype=object)[synthetic]
    found = [
        _errors(name, passed[inside], of_faces[inside], seed)
        for name in sorted(set(names.tolist()))
        for inside in [names == name]
    ]
    return sorted(found, key=lambda one: (-one.errors.rate, -(one.interval.high if one.interval else 1)))


def _errors(name: str, passed: NDArray[np.bool_], groups: NDArray[np.intp], seed: int) -> SpeciesErrors:
    (interval,) = intervals_of_means(passed[:, None].astype(np.float64), groups, seed)
    return SpeciesErrors(
        name=name,
        errors=CategoryErrors(int(passed.sum()), len(passed)),
        groups=len(np.unique(groups)),
        interval=interval,
    )
