"""The table of the experiment as Markdown."""

from collections.abc import Sequence
from statistics import mean

from benchmarks.evidencing.measure import Rate, Rates
from benchmarks.evidencing.rows import Result
from benchmarks.forging.tables import markdown_table

HEADINGS = (
    "left out, and tested by", "encoder", "EER %", "genuine / different-person %", "genuine / synthetic %",
    "two forgeries of one person accepted %", "classifier alone, crops, EER %", "γ", "seeds",
)  # fmt: skip
ENCODERS = {
    "recogniser": "recogniser alone",
    "fine_tuned": "fine-tuned by forge",
    "fused": "fused",
    "alone": "fused, γ for known methods alone",
}
FUSED = ("fused", "alone")  # as `Result.gammas`
HOW_TO_READ = (
    "Equal error rates of people never trained on, with 95 % intervals that resample people; of several "
    "seeds the means, and the lowest to the highest. A method that is left out is the only one tested by; "
    "with none left out all are. Two forgeries of one person, of different photographs, count as accepted "
    "from the threshold on where genuine pairs and pairs of different people err alike."
)


def report(title: str, results: Sequence[Result]) -> str:
    """All rows that there are, as Markdown."""
    rows = []
    for left_out in dict.fromkeys(result.left_out for result in results):
        same = [result for result in results if result.left_out == left_out]
        for name, words in ENCODERS.items():
            found: list[Rates] = [getattr(result, name) for result in same]
            joined = FUSED.index(name) if name in FUSED else None
            rows.append(
                [
                    left_out,
                    words,
                    _cell([rates.overall for rates in found]),
                    _cell([rates.different for rates in found]),
                    _cell([rates.synthetic for rates in found]),
                    _span([100 * rates.twice for rates in found]),
                    "" if joined is None else _span([100 * result.classifier for result in same]),
                    "" if joined is None else ", ".join(f"{result.gammas[joined]:.3g}" for result in same),
                    str(len(same)),
                ]
            )
    return f"{title}\n\n{HOW_TO_READ}\n\n{markdown_table(HEADINGS, rows)}"


def _cell(rates: Sequence[Rate]) -> str:
    if len(rates) == 1:
        return f"{100 * rates[0].eer:.2f} ({100 * rates[0].low:.2f}–{100 * rates[0].high:.2f})"
    return _span([100 * rate.eer for rate in rates], 2)


def _span(values: Sequence[float], digits: int = 1) -> str:
    text = f"{mean(values):.{digits}f}"
    if len(values) == 1:
        return text
    return f"{text} ({min(values):.{digits}f}..{max(values):.{digits}f})"
