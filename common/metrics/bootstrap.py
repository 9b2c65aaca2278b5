"""95 % confidence intervals of the error rates of a set of pairs, by resampling people (bootstrap).

Pairs that share a person are not independent: someone with an unusual face makes many errors at once. So not
pairs but identities are drawn, as many as there are, with replacement, and a pair stands in the new sample
as often as the product of the draws of its two identities, or the draw of the one that both photographs
show. This is the vertex bootstrap (Snijders and Borgatti, "Non-parametric standard errors and tests for
network statistics", Connections 22, 1999); for pairs of one identity it is the subsets bootstrap (Bolle,
Ratha and Pankanti, "Error analysis of pattern recognition systems: the subsets bootstrap", Computer Vision
and Image Understanding 93, 2004). Where identities are not known every pair counts as its own.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from common.formats.pair_category import PairCategory
from common.metrics.report import IMPOSTORS, VerificationReport
from common.metrics.resample import Counts, presort, weighted_eer, weighted_true_accept_rate
from common.metrics.resampling import resampled_interval, resamples_of


def with_intervals(
    report: VerificationReport,
    categories: ArrayLike,
    scores: ArrayLike,
    identities: ArrayLike | None = None,
    seed: int = 0,
) -> VerificationReport:
    """The report with `intervals`, from 1000 resamples; the same for the same seed.

    Args:
        report: what `evaluate_pairs` says of these pairs.
        categories, scores: as `evaluate_pairs` takes them.
        identities: (N, 2) integers, the identity of both photographs of each pair; None where not known.

    The names are `eer`, `eer_different_person`, `eer_synthetic`, `accuracy` (at the report's threshold,
    which is held fixed) and `tar_at_fmr_0.01` and so on; a figure that is undefined has none. Where all
    resamples agree, because they hold no error at all or because there are two people, they cannot tell how
    sure the figure is: such an interval is opened by 3 / n on both sides, the rule of three (ISO/IEC
    19795-1), n the identities (or pairs) in the category that has the fewest. Above 200,000 pairs there are
    fewer resamples and above a million no intervals, for which memory and time stay bounded.

    Raises ValueError as `evaluate_pairs`, and for identities of another shape.
    """
    resamples = resamples_of(np.size(scores))
    if not resamples:
        return report
    pairs = presort(categories, scores, identities)
    fixed = int(np.sum(pairs.levels >= report.threshold))
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        draws = np.bincount(rng.integers(0, pairs.units, pairs.units), minlength=pairs.units)
        for name, value in _figures(pairs.accepts(draws), fixed, report.tar_at_fmr).items():
            drawn.setdefault(name, []).append(value)
    found = {name: resampled_interval(values, pairs.fewest_units) for name, values in drawn.items()}
    if math.isnan(report.threshold):
        del found["accuracy"]
    return replace(report, intervals={name: interval for name, interval in found.items() if interval})


def _figures(accepts: Counts, fixed: int, targets: Iterable[float]) -> dict[str, float]:
    """The figures of one resample; `fixed` is the column of the report's threshold."""
    genuine = accepts[PairCategory.SAME_PERSON.code]
    impostors = {category: accepts[category.code] for category in IMPOSTORS}
    impostor = sum(impostors.values(), np.zeros_like(genuine))
    right, total = genuine[fixed] + impostor[-1] - impostor[fixed], genuine[-1] + impostor[-1]
    return (
        {"eer": weighted_eer(genuine, impostor), "accuracy": float(right / total) if total else math.nan}
        | {f"eer_{category.value}": weighted_eer(genuine, of) for category, of in impostors.items()}
        | {
            f"tar_at_fmr_{target:g}": weighted_true_accept_rate(genuine, impostor, target)
            for target in targets
        }
    )
