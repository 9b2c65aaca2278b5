"""The report of one model: from results to an HTML file."""

from pathlib import Path

import numpy as np

from common.formats.pair_category import PairCategory
from common.metrics.true_accepts import FMR_TARGETS, RULE_OF_THREE
from common.runtime.atomic import write_text_atomically
from infer.output.results import Results
from infer.report.acquisition import acquisition
from infer.report.curve_plots import draw_det, draw_roc
from infer.report.gallery import galleries
from infer.report.measure import Measured, measure
from infer.report.page import percent, render
from infer.report.plane import Mark, PlottedCurve
from infer.report.score_plot import draw_score_plot
from infer.report.towers import tower_rows

MOST_REJECTS = 200  # listed
SECTIONS = {
    "verdict": "The verdict",
    "errors": "Errors by category",
    "curves": "DET and ROC",
    "tar": "TAR at a fixed FMR",
    "scores": "Scores",
    "pairs": "Hardest pairs",
    "uncompared": "Pairs not compared",
    "synthetic": "Synthetic faces",
    "model": "Model and data",
}
UNLABELLED_SECTIONS = ("verdict", "scores", "pairs", "uncompared", "model")
UNLABELLED_NAMES = {"verdict": "What can be said", "pairs": "Most similar pairs"}


def write_report(path: Path, results: Results) -> None:
    """Write the page atomically; the same results give the same bytes. Raises OSError when it cannot be."""
    write_text_atomically(path, report_page(results))


def report_page(results: Results) -> str:
    """The page of one model. Of unlabelled pairs it shows what is useful without labels."""
    measured = measure(results)
    context = {
        "sections": _sections(measured),
        "results": results,
        "measured": measured,
        "labelled": int(results.labelled.sum()),
        "judged": int(results.measured.sum()),
        "unlabelled": int((~results.labelled).sum()),
        "compared": int(results.compared.sum()),
        "accepted": 0 if results.threshold is None else int((results.similarity >= results.threshold).sum()),
        "scores_plot": draw_score_plot("scores-plot", results),
        "galleries": galleries(results),
        "acquired": acquisition(results),
        "most_rejects": MOST_REJECTS,
    }
    return render("report.html", context | (_of_labelled(results, measured) if measured else {}))


def _sections(measured: Measured | None) -> list[tuple[str, str]]:
    if measured:
        return list(SECTIONS.items())
    return [(anchor, UNLABELLED_NAMES.get(anchor, SECTIONS[anchor])) for anchor in UNLABELLED_SECTIONS]


def _of_labelled(results: Results, measured: Measured) -> dict[str, object]:
    """What the page says of labelled pairs alone."""
    curves = [
        PlottedCurve(curve, kind.display_name if kind else "all impostors", kind.value if kind else "all")
        for kind, curve in measured.curves.items()
    ]
    marks = marks_of(measured) if curves else []
    used = measured.at_threshold
    return {
        "synthetic": used.by_category[PairCategory.SYNTHETIC] if used else None,
        "synthetic_at_eer": measured.at_eer.by_category[PairCategory.SYNTHETIC],
        "towers": tower_rows(results),
        "silent": [
            (category.display_name, min(RULE_OF_THREE / found.total, 1))
            for category, found in (used.by_category.items() if used else ())
            if found.total and not found.errors
        ],
        "legend": curves,
        "det": draw_det("det-plot", curves, marks) if curves else None,
        "roc": draw_roc("roc-plot", curves, marks) if curves else None,
        "tar_rows": _tar_rows(measured) if curves else [],
    }


def marks_of(measured: Measured, colour: str = "ink", prefix: str = "") -> list[Mark]:
    """The EER and the threshold in use, if any, on the curves against all impostors."""
    at_eer, used = measured.at_eer, measured.at_threshold
    eer = Mark(
        at_eer.impostors.rate,
        at_eer.genuine.rate,
        prefix or f"EER {percent(at_eer.eer)}",
        colour,
        is_eer=True,
    )
    if used is None or measured.is_tuned:
        return [eer]
    label = prefix or f"threshold {used.threshold:.3f}"
    return [eer, Mark(used.impostors.rate, used.genuine.rate, label, colour)]


def _tar_rows(measured: Measured) -> list[dict[str, object]]:
    curve = measured.curves[None]
    rows: list[dict[str, object]] = []
    for target in FMR_TARGETS:
        permitted = np.flatnonzero(curve.fmr <= target)
        rows.append(
            {
                "fmr": target,
                "tar": measured.at_eer.tar_at_fmr.get(target),
                "interval": measured.at_eer.intervals.get(f"tar_at_fmr_{target:g}"),
                "threshold": float(curve.threshold[permitted[-1]]) if len(permitted) else float("nan"),
                "needed": round(RULE_OF_THREE / target),
            }
        )
    return rows
