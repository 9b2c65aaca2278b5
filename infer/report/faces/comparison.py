"""Several classifiers on the same faces: their figures, and whether they differ by more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from common.metrics.ranked_faces import RankedFaces, area_under_roc
from common.metrics.resampling import PERCENTILES, resamples_of
from common.metrics.true_accepts import RULE_OF_THREE
from common.models.cost import Cost, cost_of_network
from common.runtime.errors import UserError
from infer.classification.faces import ClassifiedFaces
from infer.classification.source import UNLABELLED
from infer.report.differences import DifferenceInterval


@dataclass(frozen=True)
class SameFaces:
    """Results of the same faces, in the same order, with a score each.

    Attributes:
        results: of each model, those faces alone that all have a score of.
        left_out: faces and images that some of them lack, or have no score of.
    """

    results: list[ClassifiedFaces] = field(repr=False)
    left_out: int


def join_faces(results: Sequence[ClassifiedFaces]) -> SameFaces:
    """The faces that all results have a score of, by image and number, in the order of the first.

    Raises UserError where there are none, and where one face has two labels, or one image is there twice.
    """
    scored = [_places(faces) for faces in results]
    every = {key for faces in results for key in zip(faces.path, faces.face.tolist(), strict=True)}
    common = [key for key in scored[0] if all(key in places for places in scored)]
    if not common:
        raise UserError(
            "the results have no face in common that all have a score of; compare results of the same source"
        )
    chosen = [
        _only(faces, [places[key] for key in common]) for faces, places in zip(results, scored, strict=True)
    ]
    for other in chosen[1:]:
        differ = np.flatnonzero(chosen[0].label != other.label)
        if len(differ):
            raise UserError(
                f"'{common[differ[0]][0]}' has another label in the results of {other.models[0].file}; "
                "classify both with the same labels"
            )
    return SameFaces(chosen, len(every) - len(common))


def _places(faces: ClassifiedFaces) -> dict[tuple[str, int], int]:
    """The rows of faces that have a score, by image and number."""
    keys = list(zip(faces.path, faces.face.tolist(), strict=True))
    if len(set(keys)) < len(keys):
        raise UserError(f"{faces.source} has images of one name, so that faces cannot be told apart")
    there = ~np.isnan(faces.logit)
    return {key: row for row, key in enumerate(keys) if there[row]}


def _only(faces: ClassifiedFaces, rows: list[int]) -> ClassifiedFaces:
    return replace(
        faces,
        path=[faces.path[row] for row in rows],
        image=faces.image[rows],
        face=faces.face[rows],
        label=faces.label[rows],
        group=faces.group[rows],
        species=[faces.species[row] for row in rows],
        logit=faces.logit[rows],
        rejected={},
        measures={name: values[rows] for name, values in faces.measures.items()},
    )


def auc_differences(same: SameFaces, seed: int = 0) -> list[DifferenceInterval | None]:
    """Where the AUC of each further model less that of the first lies with 95 % confidence.

    All are computed on the same resamples of the groups of the first, so that what makes a sample easy or
    hard for both cancels out (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993). None with more
    than a million faces, and with one class only. Where other scores give no difference at all on the
    resamples, that is no proof: it is opened by 3 / n, the rule of three, n the faces of the smaller class.
    """
    rows = same.results[0].label != UNLABELLED
    labels = same.results[0].label[rows] == 1
    resamples = resamples_of(len(labels))
    if not resamples or not labels.any() or labels.all():
        return [None for _ in same.results[1:]]
    scores = [faces.logit[rows] for faces in same.results]
    groups = np.unique(same.results[0].group[rows], return_inverse=True)[1]
    ranked = [RankedFaces.of(labels, own) for own in scores]
    rng = np.random.default_rng(seed)
    units, drawn = int(groups.max()) + 1, np.empty((resamples, len(ranked)))
    for resample in range(resamples):
        weights = np.bincount(rng.integers(0, units, units), minlength=units)[groups]
        drawn[resample] = [area_under_roc(*one.called(weights)) for one in ranked]
    smaller = int(min(labels.sum(), (~labels).sum()))
    return [
        _interval(drawn[:, place] - drawn[:, 0], np.array_equal(scores[0], scores[place]), smaller)
        for place in range(1, len(ranked))
    ]


def _interval(differences: NDArray[np.float64], same: bool, smaller: int) -> DifferenceInterval | None:
    defined = differences[~np.isnan(differences)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, PERCENTILES).tolist()
    if low < high or low or same:
        return DifferenceInterval(low, high)
    bound = min(1.0, RULE_OF_THREE / smaller)
    return DifferenceInterval(-bound, bound, smaller)


def cost_of(faces: ClassifiedFaces) -> Cost | None:
    """What the networks of the members cost together; None where one of them is not known here."""
    try:
        costs = [
            cost_of_network(card.network, card.size, card.planes, card.temporal) for card in faces.models
        ]
    except UserError:
        return None
    return Cost(*(sum(getattr(one, name) for one in costs) for name in Cost.__dataclass_fields__))
