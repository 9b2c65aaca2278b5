"""Photographs that gave no face, and the pairs that were never compared for it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from common.formats.pair_category import PairCategory
from common.metrics import CategoryErrors
from infer.output.results import Results
from infer.score import Verdict, verdict_on_reason
from infer.uncompared import tell_uncompared


@dataclass(frozen=True)
class Acquisition:
    """What could not be compared.

    Attributes:
        pairs: that were not compared.
        kinds: how many of them for which kind of reason, in words; empty where all were compared.
        categories: names of the categories that such pairs are of, and how many; none for unlabelled pairs.
        reasons: how many photographs were rejected for each reason, the most frequent first; details in
            brackets are left out.
        missing: photographs that are not there.
        failures: photographs without a usable face, of those that are there. The rate is the
            failure-to-acquire rate, FTA, of ISO/IEC 19795-1; a file that is missing is no attempt.
    """

    pairs: int
    kinds: str
    categories: list[tuple[str, int]]
    reasons: list[tuple[str, int]]
    missing: int
    failures: CategoryErrors


def acquisition(results: Results) -> Acquisition:
    """The photographs and pairs of results that could not be compared."""
    codes = results.categories[~results.compared]
    counts = [(category.display_name, int((codes == category.code).sum())) for category in PairCategory]
    reasons = reason_counts(results.rejected.values())
    missing = sum(times for reason, times in reasons if verdict_on_reason(reason) is Verdict.NO_FILE)
    return Acquisition(
        len(codes),
        tell_uncompared(results.uncompared),
        [(name, times) for name, times in counts if times],
        reasons,
        missing,
        CategoryErrors(len(results.rejected) - missing, len(results.image_names) - missing),
    )


def reason_counts(reasons: Iterable[str]) -> list[tuple[str, int]]:
    """How often each reason occurs, the most frequent first; details in brackets are left out."""
    found = Counter(reason.split(" (")[0] for reason in reasons)
    return sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))
