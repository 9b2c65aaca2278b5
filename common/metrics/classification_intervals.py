"""95 % confidence intervals of the figures of a classifier, by resampling groups of faces (bootstrap).

Faces of one person, one source video or one source of forgeries are not independent: what fools the
classifier in one fools it in the others. So not faces but groups are drawn, as many as there are, with
replacement, and every face stands in the new sample as often as its group was drawn: the cluster bootstrap
(Davison and Hinkley, "Bootstrap methods and their application", 1997, section 3.8).
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from common.metrics.classification import HALF, ClassificationReport, checked_faces, group_numbers, surprise
from common.metrics.decisions import Decisions
from common.metrics.ranked_faces import Counts, RankedFaces, area_under_roc, average_precision
from common.metrics.report import CategoryErrors
from common.metrics.resample import weighted_eer
from common.metrics.resampling import resampled_interval, resamples_of

OF_BONA_FIDE = ("bpcer", "bona_fide_accuracy")  # figures that hang on the faces of one class
OF_SYNTHETIC = ("apcer", "recall")
LOSSES = ("log_loss", "brier")


def with_classification_intervals(
    report: ClassificationReport,
    labels: ArrayLike,
    probabilities: ArrayLike,
    groups: ArrayLike | None = None,
    seed: int = 0,
) -> ClassificationReport:
    """The report with `intervals`, from 1000 resamples; the same for the same seed.

    Args:
        report: what `evaluate_classification` says of these faces.
        labels, probabilities, groups: as `evaluate_classification` takes them.

    The names are those of `report.values()`; a figure that is undefined has none, nor has `ece`, because a
    resample, with its repeated faces, always looks less reliable than the sample. The threshold is held
    fixed. Where all resamples agree, because they hold no error at all or because there is one group, such an
    interval is opened by 3 / n on both sides, the rule of three, n the groups that show the class. Above
    200,000 faces there are fewer resamples and above a million no intervals.

    Raises ValueError as `evaluate_classification`.
    """
    synthetic, likely = checked_faces(labels, probabilities)
    of_faces = group_numbers(groups, len(synthetic))
    resamples = resamples_of(len(synthetic))
    if not resamples:
        return report
    ranked = RankedFaces.of(synthetic, likely)
    columns = [int(np.sum(ranked.levels >= threshold)) for threshold in (report.threshold, HALF)]
    losses = np.stack([surprise(synthetic, likely), np.square(likely - synthetic)])
    groups_drawn = int(of_faces.max()) + 1
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        draws = np.bincount(rng.integers(0, groups_drawn, groups_drawn), minlength=groups_drawn)
        weights = draws[of_faces]
        mean_losses = (losses @ weights / weights.sum()).tolist()
        figures = _figures(*ranked.called(weights), columns) | dict(zip(LOSSES, mean_losses, strict=True))
        for name, value in figures.items():
            drawn.setdefault(name, []).append(value)
    if min(drawn["log_loss"]) == max(drawn["log_loss"]):
        del drawn["log_loss"]  # which is no rate: the rule of three says nothing of it
    units = [len(np.unique(of_faces[synthetic == positive])) for positive in (False, True)]
    found = {name: resampled_interval(values, _units(name, units)) for name, values in drawn.items()}
    return replace(report, intervals={name: interval for name, interval in found.items() if interval})


def _figures(false_alarms: Counts, caught: Counts, columns: list[int]) -> dict[str, float]:
    """The figures of one resample; `columns` are those of the report's threshold and of 0.5."""
    at_threshold, at_half = (
        Decisions(
            bona_fide=CategoryErrors(int(false_alarms[column]), int(false_alarms[-1])),
            synthetic=CategoryErrors(int(caught[-1] - caught[column]), int(caught[-1])),
        ).rates()
        for column in columns
    )
    return {
        "auc": area_under_roc(false_alarms, caught),
        "average_precision": average_precision(false_alarms, caught),
        "eer": weighted_eer(caught, false_alarms),
        **at_threshold,
        **{f"{name}_at_half": rate for name, rate in at_half.items()},
    }


def _units(name: str, by_class: list[int]) -> int:
    """How many groups could have changed a figure: those of its class, or of the class that has fewer."""
    bona_fide, synthetic = by_class
    if name.removesuffix("_at_half") in OF_BONA_FIDE:
        return bona_fide
    if name.removesuffix("_at_half") in OF_SYNTHETIC:
        return synthetic
    return min(count for count in by_class if count)
