"""The report of two models on the same pairs: from two results to an HTML file."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from markupsafe import Markup

from common.formats.pair_category import PairCategory
from common.metrics.report import IMPOSTORS
from common.runtime.atomic import write_text_atomically
from infer.output.results import Results
from infer.report.acquisition import Acquisition, acquisition
from infer.report.curve_plots import draw_det, draw_roc
from infer.report.differences import Joined, disagreement, eer_difference_interval, join
from infer.report.gallery import PairCard, card_of, faces_at
from infer.report.measure import Measured, measure
from infer.report.page import render, title
from infer.report.plane import PlottedCurve
from infer.report.score_plot import draw_score_plot
from infer.report.write import MOST_REJECTS, marks_of

MOST_CARDS = 24
MOST_LISTED = 100
NAN = float("nan")  # rates of a model without a threshold
SECTIONS = {
    "verdict": "The verdict",
    "errors": "Error rates",
    "curves": "DET and ROC",
    "differences": "Differing verdicts",
    "scores": "Scores",
    "uncompared": "Pairs not compared",
    "model": "Models and data",
}
LABELLED_ONLY = ("errors", "curves")


@dataclass(frozen=True)
class _Side:
    """One of the two models: what it says of the pairs that both compared, and what it could not compare."""

    results: Results
    measured: Measured | None
    scores_plot: Markup | None
    given: Results
    acquired: Acquisition


@dataclass(frozen=True)
class _Both:
    """A pair as both models judge it."""

    first: PairCard
    second: PairCard
    category: str


def write_comparison(path: Path, first: Results, second: Results) -> None:
    """Write the page atomically; the same results give the same bytes.

    Raises UserError as `join`, and OSError when the file cannot be written.
    """
    write_text_atomically(path, comparison_page(first, second))


def comparison_page(first: Results, second: Results) -> str:
    """The page of two models, of the pairs that both have scored. Raises UserError as `join`."""
    joined = join(first, second)
    names = ("first", "second")
    both = zip((joined.first, joined.second), joined.given, names, strict=True)
    sides = {name: _side(compared, given, name) for compared, given, name in both}
    difference = disagreement(joined)
    differing = difference.rows.tolist() if difference else []
    labelled = sides["first"].measured is not None
    context: dict[str, object] = {
        "sections": [entry for entry in SECTIONS.items() if labelled or entry[0] not in LABELLED_ONLY],
        "joined": joined,
        "sides": list(sides.items()),
        "difference": difference,
        "tested": difference is not None and difference.first_right + difference.second_right > 0,
        "cards": _cards(joined, differing),
        "listed": [_both(joined, row) for row in differing[:MOST_LISTED]],
        "most_rejects": MOST_REJECTS,
        "has_eer": False,
    }
    return render("comparison.html", context | sides | _rates(joined, sides))


def _side(results: Results, given: Results, name: str) -> _Side:
    plot = draw_score_plot(f"scores-plot-{name}", results)
    return _Side(results, measure(results), plot, given, acquisition(given))


def _rates(joined: Joined, sides: dict[str, _Side]) -> dict[str, object]:
    """What the page says of labelled pairs alone; nothing where there are none."""
    first, second = (side.measured for side in sides.values())
    if first is None or second is None:
        return {}
    found: dict[str, object] = {"rates": _rate_rows(first, second), "det": None, "roc": None, "legend": []}
    if not first.has_eer:
        return found
    curves = [
        PlottedCurve(first.curves[None], f"A: {title(joined.first.card)}", "first"),
        PlottedCurve(second.curves[None], f"B: {title(joined.second.card)}", "second"),
    ]
    marks = [
        *marks_of(first, "first", "A"),
        *marks_of(second, "second", "B"),
    ]
    return found | {
        "has_eer": True,
        "eer_difference": second.at_eer.eer - first.at_eer.eer,
        "difference_interval": eer_difference_interval(joined),
        "legend": curves,
        "threshold_marked": any(not mark.is_eer for mark in marks),
        "det": draw_det("det-plot", curves, marks),
        "roc": draw_roc("roc-plot", curves, marks),
    }


def _rate_rows(first: Measured, second: Measured) -> list[tuple[str, str, tuple[float, float]]]:
    """Name, explanation and value of each rate that at least one of the two has."""
    both = (first, second)
    rows = [("EER", "against all impostors", [m.at_eer.eer for m in both])]
    for kind in IMPOSTORS:
        rows.append(
            ("EER", f"against {kind.display_name} alone", [m.at_eer.eer_by_category[kind] for m in both])
        )
    used = [m.at_threshold for m in both]
    rows.append(("FNMR", "same-person rejected", [at.genuine.rate if at else NAN for at in used]))
    rows.append(("FMR", "all impostors accepted", [at.impostors.rate if at else NAN for at in used]))
    for kind in IMPOSTORS:
        errors = [at.by_category[kind].rate if at else NAN for at in used]
        rows.append(("FMR", f"{kind.display_name} accepted", errors))
    rows.append(("Accuracy", "verdicts that are right", [at.accuracy if at else NAN for at in used]))
    for target in first.at_eer.tar_at_fmr:
        rows.append(
            (
                "TAR",
                f"genuine pairs accepted at an FMR of {100 * target:g} %",
                [m.at_eer.tar_at_fmr[target] for m in both],
            )
        )
    return [(name, what, (a, b)) for name, what, (a, b) in rows if a == a or b == b]


def _cards(joined: Joined, differing: list[int]) -> list[_Both]:
    """Differing pairs of which either results hold the crops."""
    places: dict[int, tuple[Results, int]] = {}
    for results in (joined.second, joined.first):
        for place, row in enumerate(results.hard.rows.tolist()):
            places[row] = results, place
    rows = islice((row for row in differing if row in places), MOST_CARDS)
    return [_both(joined, row, *faces_at(*places[row])) for row in rows]


def _both(joined: Joined, row: int, *faces: str) -> _Both:
    code = int(joined.first.categories[row])
    category = list(PairCategory)[code].display_name if code >= 0 else "unlabelled"
    return _Both(card_of(joined.first, row, faces), card_of(joined.second, row, faces), category)
