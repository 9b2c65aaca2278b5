"""The figures of a report on classified faces."""

from dataclasses import dataclass, field

import numpy as np

from common.metrics import CategoryErrors
from common.metrics.classification import decide
from common.metrics.decisions import Decisions
from common.metrics.reliability import ReliabilityBin, calibration_error, reliability_bins
from infer.classification.faces import ClassifiedFaces, probabilities
from infer.classification.figures import FaceFigures, figures_of
from infer.classification.source import UNLABELLED
from infer.classification.verdict import FACE_VERDICTS, FaceVerdict
from infer.report.curve import Curve, error_curve


@dataclass(frozen=True)
class MeasuredFaces:
    """Figures, curve and calibration of the faces that have a score and a label.

    Attributes:
        figures: at the threshold, with intervals.
        curve: its FMR is the BPCER, its FNMR the APCER; None with one class only.
        at_eer: the verdicts at the threshold of the EER; None likewise.
        before: the bins of reliability with a temperature of 1; None for an ensemble, whose members have
            temperatures of their own, and where it is 1.
        ece_before: their calibration error; None likewise.
    """

    figures: FaceFigures
    curve: Curve | None = field(repr=False)
    at_eer: Decisions | None
    before: tuple[ReliabilityBin, ...] | None
    ece_before: float | None


@dataclass(frozen=True)
class TruthRow:
    """How the faces and images of one class, or without a label, were judged."""

    name: str  # of the class
    counts: tuple[int, ...]  # by `FACE_VERDICTS`
    wrong: int | None  # the position of the wrong verdict

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)

    @property
    def unanswered(self) -> CategoryErrors:
        """Without a score, and all: of a class the rate is the APNRR or BPNRR of ISO/IEC 30107-3."""
        silent = [FACE_VERDICTS.index(one) for one in (FaceVerdict.NO_FACE, FaceVerdict.UNREADABLE)]
        return CategoryErrors(sum(self.counts[code] for code in silent), self.total)


def measure_faces(faces: ClassifiedFaces) -> MeasuredFaces | None:
    """The figures; None where no face has both a score and a label."""
    figures = figures_of(faces)
    if figures is None:
        return None
    rows = faces.measured
    labels, logits, likely = faces.label[rows] == 1, faces.logit[rows], faces.probability[rows]
    both = bool(labels.any() and not labels.all())
    before = None
    if len(faces.models) == 1 and faces.models[0].temperature != 1:
        before = reliability_bins(labels, probabilities(logits * faces.models[0].temperature))
    return MeasuredFaces(
        figures,
        error_curve(likely[labels], likely[~labels]) if both else None,
        decide(labels, likely, figures.report.eer_threshold) if both else None,
        before,
        None if before is None else calibration_error(before),
    )


def truth_rows(faces: ClassifiedFaces) -> list[TruthRow]:
    """The confusion matrix of the verdicts as they were given, a row for each class that there is."""
    codes, found = faces.verdict_codes, []
    for label, name, wrong in (
        (0, "bona fide", FaceVerdict.SYNTHETIC),
        (1, "synthetic", FaceVerdict.BONA_FIDE),
        (UNLABELLED, "unlabelled", None),
    ):
        inside = faces.label == label
        if inside.any():
            counts = np.bincount(codes[inside], minlength=len(FACE_VERDICTS)).tolist()
            found.append(TruthRow(name, tuple(counts), None if wrong is None else FACE_VERDICTS.index(wrong)))
    return found
