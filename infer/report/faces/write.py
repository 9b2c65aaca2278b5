"""The report of one classifier, or of an ensemble: from results to an HTML file."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from common.metrics import ClassificationReport
from common.metrics.shortcuts import LIMIT
from common.runtime.atomic import write_text_atomically
from infer.classification.caution import NOT_ACROSS
from infer.classification.faces import ClassifiedFaces
from infer.classification.shown import ShownFaces
from infer.classification.verdict import FACE_VERDICTS
from infer.report.acquisition import reason_counts
from infer.report.curve import OF_FACES
from infer.report.curve_plots import draw_det, draw_roc
from infer.report.faces.gallery import face_galleries
from infer.report.faces.measure import MeasuredFaces, measure_faces, truth_rows
from infer.report.faces.plots import draw_probabilities, draw_reliability
from infer.report.faces.shortcuts import NAMES, measure_shortcuts
from infer.report.faces.timelines import clip_cards
from infer.report.page import percent, render
from infer.report.plane import Mark, PlottedCurve
from infer.report.write import MOST_REJECTS

SECTIONS = {
    "verdict": "The verdict",
    "figures": "All figures",
    "verdicts": "Verdicts",
    "curves": "DET and ROC",
    "calibration": "Calibration",
    "scores": "P(synthetic)",
    "species": "Kinds of forgery",
    "faces": "Hardest faces",
    "videos": "Videos",
    "shortcuts": "Shortcuts",
    "unanswered": "No answer",
    "model": "Model and data",
}
LABELLED_ONLY = ("figures", "curves", "calibration", "species", "shortcuts")
UNLABELLED_NAMES = {"verdict": "What can be said", "faces": "The most synthetic"}
TITLES = {  # of figures, and what they are
    "auc": ("AUC", "area under the ROC curve"),
    "average_precision": ("AP", "average precision"),
    "eer": ("EER", "where APCER and BPCER cross"),
    "log_loss": ("log loss", "of the truth; less is better"),
    "brier": ("Brier", "mean squared distance from the truth"),
    "ece": ("ECE", "calibration error"),
    "accuracy": ("accuracy", "right verdicts"),
    "balanced_accuracy": ("balanced accuracy", "mean of both classes"),
    "bona_fide_accuracy": ("accuracy, bona fide", "1 − BPCER"),
    "precision": ("precision", "synthetic among those called so"),
    "recall": ("recall", "synthetic called so, 1 − APCER"),
    "f1": ("F1", "of the synthetic class"),
    "macro_f1": ("macro F1", "mean of both classes"),
    "apcer": ("APCER", "synthetic called bona fide"),
    "bpcer": ("BPCER", "bona fide called synthetic"),
}
Heat = Mapping[int, NDArray[np.uint8]]  # pictures of heat maps by the row of the face
NO_HEAT: Heat = MappingProxyType({})


def write_face_report(path: Path, faces: ClassifiedFaces, shown: ShownFaces, heat: Heat = NO_HEAT) -> None:
    """Write the page atomically; the same results give the same bytes. Raises OSError when it cannot be."""
    write_text_atomically(path, face_report_page(faces, shown, heat))


def face_report_page(faces: ClassifiedFaces, shown: ShownFaces, heat: Heat = NO_HEAT) -> str:
    """The page of one classifier. Of unlabelled faces it shows what is useful without labels."""
    measured = measure_faces(faces)
    clips = clip_cards(faces, shown)
    context = {
        "sections": _sections(measured is not None, bool(clips)),
        "clips": clips,
        "results": faces,
        "measured": measured,
        "verdicts": FACE_VERDICTS,
        "caution": NOT_ACROSS,
        "truth": truth_rows(faces),
        "scored": int((~np.isnan(faces.logit)).sum()),
        "images": len(np.unique(faces.image)),
        "scores_plot": draw_probabilities("scores-plot", faces),
        "galleries": face_galleries(faces, shown, heat),
        "explained": bool(heat),
        "reasons": reason_counts(faces.rejected.values()),
        "most_rejects": MOST_REJECTS,
    }
    return render("classifier.html", context | (_of_labelled(faces, measured) if measured else {}))


def _sections(labelled: bool, clips: bool) -> list[tuple[str, str]]:
    without = (() if labelled else LABELLED_ONLY) + (() if clips else ("videos",))
    names = SECTIONS if labelled else SECTIONS | UNLABELLED_NAMES
    return [(anchor, name) for anchor, name in names.items() if anchor not in without]


def _of_labelled(faces: ClassifiedFaces, measured: MeasuredFaces) -> dict[str, object]:
    """What the page says of labelled faces alone."""
    curves = [PlottedCurve(measured.curve, "all labelled faces", "all")] if measured.curve else []
    marks = face_marks(measured) if curves else []
    report = measured.figures.report
    return {
        "report": report,
        "rows": figure_rows(report),
        "legend": curves,
        "det": draw_det("det-plot", curves, marks, OF_FACES) if curves else None,
        "roc": draw_roc("roc-plot", curves, marks, OF_FACES) if curves else None,
        "reliability": draw_reliability("reliability-plot", report.reliability, measured.before),
        "shortcuts": measure_shortcuts(faces),
        "shortcut_names": NAMES,
        "shortcut_limit": LIMIT,
    }


def face_marks(measured: MeasuredFaces, colour: str = "ink", prefix: str = "") -> list[Mark]:
    """The EER and the threshold on the curve."""
    report, at_eer = measured.figures.report, measured.at_eer
    used = report.decisions
    label = prefix or f"threshold {report.threshold:.3f}"
    marks = [Mark(used.bona_fide.rate, used.synthetic.rate, label, colour)]
    if at_eer is not None and at_eer != used:
        name = prefix or f"EER {percent(report.eer)}"
        marks = [Mark(at_eer.bona_fide.rate, at_eer.synthetic.rate, name, colour, is_eer=True), *marks]
    return marks


def figure_rows(report: ClassificationReport) -> list[dict[str, object]]:
    """A row for each figure: title, meaning, value, interval, and the value at 0.5 where it has one."""
    values = report.values()
    return [
        {
            "title": title,
            "what": what,
            "value": values[name],
            "interval": report.intervals.get(name),
            "at_half": values.get(f"{name}_at_half"),
        }
        for name, (title, what) in TITLES.items()
    ]
