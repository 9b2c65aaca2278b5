"""The report of several classifiers on the same faces: from their results to an HTML file."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup

from common.models.cost import Cost
from common.runtime.atomic import write_text_atomically
from common.runtime.errors import UserError
from infer.classification.faces import ClassifiedFaces
from infer.report.curve import OF_FACES
from infer.report.curve_plots import draw_det, draw_roc
from infer.report.differences import DifferenceInterval
from infer.report.faces.comparison import SameFaces, auc_differences, cost_of, join_faces
from infer.report.faces.measure import MeasuredFaces, measure_faces
from infer.report.faces.plots import draw_probabilities
from infer.report.faces.write import face_marks
from infer.report.page import render, short_name
from infer.report.plane import Mark, PlottedCurve

STYLES = {
    "first": "A",
    "second": "B",
    "third": "C",
    "fourth": "D",
    "fifth": "E",
}  # class in style.css, letter
COLOURS = {"third": "same_person", "fourth": "wrong", "fifth": "ink"}  # of marks; others as their style
MEGA, GIGA = 1e6, 1e9
SECTIONS = {
    "verdict": "The verdict",
    "figures": "Figures and cost",
    "curves": "DET and ROC",
    "scores": "P(synthetic)",
    "model": "Models and data",
}


@dataclass(frozen=True)
class ComparedFaces:
    """One of the models, on the faces that all have a score of."""

    style: str
    letter: str
    title: str
    results: ClassifiedFaces
    measured: MeasuredFaces
    cost: Cost | None
    difference: float | None  # of the AUC, less that of the first; None for the first itself
    interval: DifferenceInterval | None
    scores_plot: Markup | None = field(repr=False)


@dataclass(frozen=True)
class BarGroup:
    """One figure of all models, as bars and as a column of the table; NaN where it is not known."""

    title: str
    what: str
    values: list[float]
    texts: list[str]

    @property
    def widths(self) -> list[float]:
        """Per cent of the longest bar, of rates of 1."""
        known = [value for value in self.values if not math.isnan(value)]
        most = max([*known, 1.0 if self.what.startswith("more") else 0.0]) or 1.0
        return [0.0 if math.isnan(value) else 100 * value / most for value in self.values]


def write_face_comparison(path: Path, results: Sequence[ClassifiedFaces]) -> None:
    """Write the page atomically; the same results give the same bytes.

    Raises UserError as `face_comparison_page`, and OSError when the file cannot be written.
    """
    write_text_atomically(path, face_comparison_page(results))


def face_comparison_page(results: Sequence[ClassifiedFaces]) -> str:
    """The page of two to five classifiers, of the labelled faces that all have a score of.

    Raises UserError as `join_faces`, for more of them, and where no label is known.
    """
    if len(results) > len(STYLES):
        raise UserError(f"{len(results)} results are too many for one page; compare at most {len(STYLES)}")
    same = join_faces(results)
    models = _models(same)
    curves = [
        PlottedCurve(model.measured.curve, f"{model.letter}: {model.title}", model.style)
        for model in models
        if model.measured.curve
    ]
    marks: list[Mark] = []
    for model in models if curves else []:
        marks += face_marks(model.measured, COLOURS.get(model.style, model.style), model.letter)
    context = {
        "sections": list(SECTIONS.items()),
        "models": models,
        "results": same.results[0],
        "same": same,
        "report": models[0].measured.figures.report,
        "groups": _groups(models),
        "legend": curves,
        "det": draw_det("det-plot", curves, marks, OF_FACES) if curves else None,
        "roc": draw_roc("roc-plot", curves, marks, OF_FACES) if curves else None,
    }
    return render("classifier_comparison.html", context)


def _models(same: SameFaces) -> list[ComparedFaces]:
    measured = [measure_faces(faces) for faces in same.results]
    intervals = [None, *auc_differences(same)]
    models: list[ComparedFaces] = []
    for place, (style, letter) in enumerate(list(STYLES.items())[: len(measured)]):
        own, faces = measured[place], same.results[place]
        if own is None:
            raise UserError("none of the faces has a label; compare results of labelled ones")
        first = models[0].measured if models else own
        card = faces.models[0]
        several = f" and {len(faces.models) - 1} more" if len(faces.models) > 1 else ""
        models.append(
            ComparedFaces(
                style,
                letter,
                short_name(card.file, card.network) + several,
                faces,
                own,
                cost_of(faces),
                own.figures.report.auc - first.figures.report.auc if models else None,
                intervals[place],
                draw_probabilities(f"scores-plot-{style}", faces),
            )
        )
    return models


def _groups(models: Sequence[ComparedFaces]) -> list[BarGroup]:
    """Loss, accuracy, F1, AUC, parameters, multiply-adds and memory of activations of all models."""
    reports = [model.measured.figures.report for model in models]
    rates = [
        ("log loss", "less is better", [report.log_loss for report in reports]),
        ("accuracy", "more is better", [report.decisions.accuracy for report in reports]),
        ("F1", "more is better", [report.decisions.f1 for report in reports]),
        ("AUC", "more is better", [report.auc for report in reports]),
    ]
    costs = [
        ("parameters", "millions", "parameters", MEGA),
        ("multiply-adds", "billions a crop", "mult_adds", GIGA),
        ("activations", "MB a crop, one way", "activation_bytes", MEGA),
    ]
    return [
        *(
            BarGroup(title, what, values, [_told(value, ".4f") for value in values])
            for title, what, values in rates
        ),
        *(
            BarGroup(title, what, values, [_told(value, ".3g") for value in values])
            for title, what, name, unit in costs
            for values in [[getattr(m.cost, name) / unit if m.cost else math.nan for m in models]]
        ),
    ]


def _told(value: float, form: str) -> str:
    return "–" if math.isnan(value) else f"{value:{form}}" if value < 1000 else f"{value:,.0f}"
