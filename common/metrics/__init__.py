"""Error rates of verification (EER, TAR, the error table of the three pair categories) and of classifiers.

Terms follow ISO/IEC 19795-1: FMR is the share of impostor pairs accepted, FNMR the share of genuine pairs
rejected, at a threshold t that accepts a similarity s when s >= t. A pair with a synthetic face counts as an
impostor pair: accepting it is an error. A classifier calls a face synthetic when P(synthetic) >= t; APCER and
BPCER are those of ISO/IEC 30107-3.
"""

from common.metrics.bootstrap import with_intervals
from common.metrics.classification import ClassificationReport, evaluate_classification
from common.metrics.classification_intervals import with_classification_intervals
from common.metrics.eer import OperatingPoint, equal_error_rate
from common.metrics.interval import Interval
from common.metrics.report import CategoryErrors, VerificationReport, evaluate_pairs

__all__ = [
    "CategoryErrors",
    "ClassificationReport",
    "Interval",
    "OperatingPoint",
    "VerificationReport",
    "equal_error_rate",
    "evaluate_classification",
    "evaluate_pairs",
    "with_classification_intervals",
    "with_intervals",
]
