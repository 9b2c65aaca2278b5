"""The threshold of a model at an FMR that is asked for, chosen on labelled pairs."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.metrics import CategoryErrors, Interval, evaluate_pairs
from common.metrics.report import IMPOSTORS, ErrorTable, impostor_errors, scores_by_category
from common.metrics.sorted_scores import SortedScores
from common.metrics.threshold_at_fmr import impostors_needed, impostors_to_trust, threshold_at_fmr
from common.runtime.errors import UserError
from infer.models.model import FaceModel
from infer.models.notes import OperatingPoint
from infer.pair_scores import score_pairs
from infer.pair_sets.fingerprint import fingerprint
from infer.pair_sets.pair_set import PairSet
from infer.score import Verdict, count_verdicts, verdict_codes
from infer.uncompared import refuse_without_scores


@dataclass(frozen=True)
class ChosenPoint:
    """A threshold and its error rates.

    Attributes:
        threshold: accept similarity >= threshold, in [-1, 1].
        fmr_asked: in (0, 1).
        errors: rejected pairs of the genuine ones, accepted pairs of the others.
        uncompared: pairs without two usable faces, by the kind of reason. FMR and FNMR, which are shares of
            comparisons, leave them out.
    """

    threshold: float
    fmr_asked: float
    errors: ErrorTable
    uncompared: dict[Verdict, int] = field(default_factory=dict)

    @property
    def genuine(self) -> CategoryErrors:
        """Its rate is the FNMR."""
        return self.errors[PairCategory.SAME_PERSON]

    @property
    def impostors(self) -> CategoryErrors:
        """Its rate is the FMR; synthetic pairs are impostor pairs."""
        return impostor_errors(self.errors)

    @property
    def impostors_to_trust(self) -> int | None:
        """How many impostor pairs it takes to trust the FMR, where there are fewer, by the rule of three."""
        needed = impostors_to_trust(self.fmr_asked)
        return needed if self.impostors.total < needed else None

    def noted(self, pair_set: PairSet) -> OperatingPoint:
        """As it is stored beside the model; `pair_set` is what it was chosen on."""
        return OperatingPoint(
            threshold=self.threshold,
            fmr_asked=self.fmr_asked,
            fmr=self.impostors.rate,
            fnmr=self.genuine.rate,
            genuine=self.genuine.total,
            impostors=self.impostors.total,
            pairs=pair_set.name,
            fingerprint=fingerprint(pair_set),
        )


def choose_operating_point(
    pair_set: PairSet,
    model: FaceModel,
    fmr: float,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ChosenPoint:
    """The lowest threshold whose FMR over all impostor pairs is within `fmr`, on labelled pairs scored here.

    Pairs that the labels do not name are left out.

    Raises UserError when `fmr` is not between 0 and 1, when the labels name no genuine pairs or too few
    impostor pairs for such an FMR, and as `choose_threshold` and `score_pairs`.
    """
    _check_pairs(pair_set, fmr)
    labelled = pair_set.categories >= 0
    used, members = np.unique(pair_set.members[labelled], return_inverse=True)
    images = [pair_set.images[row] for row in used.tolist()]
    rows = members.reshape(-1, 2)
    similarity, rejected, _ = score_pairs(images, rows, model, pair_set.aligned, workers, progress)
    refuse_without_scores(pair_set.source, images, similarity, rejected)
    found = choose_threshold(pair_set.categories[labelled], similarity, fmr)
    counts = count_verdicts(verdict_codes(similarity, rows, rejected, None))
    return replace(found, uncompared=counts)


def choose_threshold(
    categories: NDArray[np.int8], similarity: NDArray[np.float64], fmr: float
) -> ChosenPoint:
    """The lowest threshold within `fmr`, of labelled pairs that are scored already.

    Args:
        categories: (P,) `PairCategory.code`, with genuine and impostor pairs among them.
        similarity: (P,) in [-1, 1], NaN for pairs without two faces.
        fmr: in (0, 1).

    Raises UserError when no genuine pair or too few impostor pairs have two faces, and when so many impostor
    pairs have the similarity 1 that no threshold is high enough.
    """
    faces = ~np.isnan(similarity)
    categories, scores = categories[faces], similarity[faces]
    genuine = categories == PairCategory.SAME_PERSON.code
    if not genuine.any():
        raise UserError("no genuine pair has two usable faces; name pairs whose photographs can be used")
    if (compared := int((~genuine).sum())) < (needed := impostors_needed(fmr)):
        raise UserError(
            f"only {compared:,} impostor pairs have two usable faces, for an FMR of {fmr:g} it takes "
            f"{needed:,}; name more pairs whose photographs can be used, or raise --fmr"
        )
    apart = scores_by_category(categories, scores)
    impostors = np.sort(np.concatenate([apart[category] for category in IMPOSTORS]))
    threshold = threshold_at_fmr(SortedScores(apart[PairCategory.SAME_PERSON], impostors), fmr)
    if threshold > 1:
        raise UserError(
            f"for an FMR of {fmr:g} too many impostor pairs have the similarity 1, as equal photographs "
            "have: mend their labels, or raise --fmr"
        )
    errors = evaluate_pairs(categories, scores, threshold).by_category
    return ChosenPoint(threshold, fmr, errors)


def _check_pairs(pair_set: PairSet, fmr: float) -> None:
    """Raise UserError unless an FMR can be measured on these pairs."""
    if not 0 < fmr < 1:
        raise UserError(f"--fmr must lie between 0 and 1, such as 0.001, not be {fmr}")
    labelled = pair_set.categories[pair_set.categories >= 0]
    if not len(labelled):
        raise UserError(
            f"{pair_set.source} does not say what its pairs show, so that no error can be counted; add "
            "labels.csv or name a list of labelled pairs"
        )
    genuine = int((labelled == PairCategory.SAME_PERSON.code).sum())
    impostors = len(labelled) - genuine
    if not genuine:
        raise UserError(
            f"{pair_set.source} has no genuine pairs, so that the FNMR would be unknown; add pairs of bona "
            "fide photographs of one person"
        )
    if not impostors:
        raise UserError(
            f"{pair_set.source} has no impostor pairs, so that there is no FMR; add pairs of different "
            "people, or with synthetic faces"
        )
    needed = impostors_needed(fmr)
    if impostors < needed:
        raise UserError(
            f"an FMR of {fmr:g} cannot be measured on {impostors:,} impostor pairs; it takes {needed:,} at "
            f"the least, and {impostors_to_trust(fmr):,} to be trusted: name more pairs or raise --fmr"
        )


def exact_interval(found: CategoryErrors) -> Interval:
    """The 95 % confidence interval of a rate were the pairs independent; there must be pairs.

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26, 1934. Pairs that share people are not quite independent, and the truth is wider.
    """
    from scipy.stats import binomtest  # takes a second to load

    limits = binomtest(found.errors, found.total).proportion_ci(0.95, method="exact")
    return Interval(float(limits.low), float(limits.high))
