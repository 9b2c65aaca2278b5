"""The confusion matrix of a classifier at one threshold, and the rates that are read from it."""

import math
from dataclasses import dataclass

from common.metrics.report import CategoryErrors


@dataclass(frozen=True)
class Decisions:
    """Right and wrong verdicts of a classifier on faces of both classes; synthetic is the positive class.

    Rates are in [0, 1]. One of a class is NaN without faces of that class; one of both, precision, F1 and
    balanced accuracy among them, is NaN unless there are both.
    """

    bona_fide: CategoryErrors  # called synthetic, and all; the rate is the BPCER of ISO/IEC 30107-3
    synthetic: CategoryErrors  # called bona fide, and all; the rate is the APCER over all species

    @property
    def matrix(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The confusion matrix: a row per truth, a column per verdict, bona fide before synthetic."""
        true, false = self.bona_fide, self.synthetic
        return (true.total - true.errors, true.errors), (false.errors, false.total - false.errors)

    @property
    def accuracy(self) -> float:
        """Share of right verdicts; NaN without faces."""
        total = self.bona_fide.total + self.synthetic.total
        return 1 - (self.bona_fide.errors + self.synthetic.errors) / total if total else math.nan

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the accuracies of the two classes."""
        return 1 - (self.bona_fide.rate + self.synthetic.rate) / 2

    @property
    def precision(self) -> float:
        """Share of synthetic faces among those called so; NaN also where none is called so."""
        (_, false_alarms), (_, caught) = self.matrix
        called = false_alarms + caught
        return caught / called if self._has_both and called else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of the synthetic class; 0 where none is caught."""
        return self._f1(self.synthetic)

    @property
    def macro_f1(self) -> float:
        """Mean of the F1 of each class."""
        return (self._f1(self.synthetic) + self._f1(self.bona_fide)) / 2

    def rates(self) -> dict[str, float]:
        """All rates by name; recall is the accuracy of the synthetic class, 1 - APCER."""
        return {
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "bona_fide_accuracy": 1 - self.bona_fide.rate,
            "precision": self.precision,
            "recall": 1 - self.synthetic.rate,
            "f1": self.f1,
            "macro_f1": self.macro_f1,
            "apcer": self.synthetic.rate,
            "bpcer": self.bona_fide.rate,
        }

    @property
    def _has_both(self) -> bool:
        return self.bona_fide.total > 0 and self.synthetic.total > 0

    def _f1(self, of: CategoryErrors) -> float:
        """The F1 of a class: 2 TP / (2 TP + FP + FN)."""
        right, wrong = of.total - of.errors, self.bona_fide.errors + self.synthetic.errors
        # a class that was neither caught nor called has an F1 of 0, as wrong > 0 then
        return 2 * right / (2 * right + wrong) if self._has_both else math.nan
