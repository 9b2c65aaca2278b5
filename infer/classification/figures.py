"""Figures of classified faces whose labels are known, and the file `NAME.json` of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.metrics import ClassificationReport, evaluate_classification, with_classification_intervals
from common.metrics.figures import finite
from common.metrics.species import SpeciesErrors, apcer_by_species
from common.runtime.atomic import write_text_atomically
from infer.classification.faces import ClassifiedFaces
from infer.classification.verdict import FACE_VERDICTS, FaceVerdict

MOST_SPECIES = 50  # of folders; more are people's, rather than kinds of forgery


@dataclass(frozen=True)
class FaceFigures:
    """The figures of the faces with a score and a label.

    Attributes:
        report: at the threshold alone, as if there were no band without a verdict, with intervals.
        species: APCER of each species, the worst first; none where there is one, or more than 50.
        undecided: faces in the band without a verdict.
        undecided_errors: those of them that would have been wrong at the threshold.
    """

    report: ClassificationReport
    species: list[SpeciesErrors]
    undecided: int
    undecided_errors: int


def figures_of(faces: ClassifiedFaces) -> FaceFigures | None:
    """The figures; None where no face has both a score and a label."""
    rows = np.flatnonzero(faces.measured)
    if not len(rows):
        return None
    labels, groups = faces.label[rows] == 1, faces.group[rows]
    probability = faces.probability[rows]
    report = evaluate_classification(labels, probability, groups, faces.point.threshold)
    report = with_classification_intervals(report, labels, probability, groups)
    species = [faces.species[row] for row in rows.tolist()]
    kinds = {name for name, synthetic in zip(species, labels.tolist(), strict=True) if synthetic}
    by_species = (
        apcer_by_species(labels, probability, species, groups, faces.point.threshold)
        if 1 < len(kinds) <= MOST_SPECIES
        else []
    )
    open_ = faces.verdict_codes[rows] == FACE_VERDICTS.index(FaceVerdict.UNDECIDED)
    wrong = (probability >= faces.point.threshold) != labels
    return FaceFigures(report, by_species, int(open_.sum()), int((open_ & wrong).sum()))


def write_figures(path: Path, faces: ClassifiedFaces, figures: FaceFigures | None) -> None:
    """Write counts, operating point and figures as JSON, atomically; what is undefined is null."""
    said: dict[str, Any] = {
        "source": faces.source,
        "models": [card.model_dump() for card in faces.models],
        "threshold": faces.point.threshold,
        "threshold_from": faces.point.threshold_from,
        "undecided": list(faces.point.undecided),
        "verdicts": {verdict.value: faces.counts.get(verdict, 0) for verdict in FaceVerdict},
        "notes": list(faces.notes),
        "made_with": faces.made_with,
    }
    if figures is not None:
        said["labelled"] = _labelled(figures)
    # what is no UTF-8 in a name is escaped, since `ensure_ascii` is on
    write_text_atomically(path, json.dumps(said, indent=2, allow_nan=False) + "\n")


def _labelled(figures: FaceFigures) -> dict[str, Any]:
    report = figures.report
    return {
        "bona_fide": report.decisions.bona_fide.total,
        "synthetic": report.decisions.synthetic.total,
        "groups": report.groups,
        "confusion": report.decisions.matrix,
        "figures": {name: finite(value) for name, value in report.values().items()},
        "intervals": {name: _ends(interval) for name, interval in report.intervals.items()},
        "eer_threshold": finite(report.eer_threshold),
        "apcer_by_species": [
            {
                "species": one.name,
                "apcer": finite(one.errors.rate),
                "errors": one.errors.errors,
                "faces": one.errors.total,
                "interval": _ends(one.interval) if one.interval else None,
            }
            for one in figures.species
        ],
        "undecided": figures.undecided,
        "undecided_that_would_be_wrong": figures.undecided_errors,
    }


def _ends(interval: Sequence[float]) -> list[float | None]:
    return [finite(end) for end in interval]
