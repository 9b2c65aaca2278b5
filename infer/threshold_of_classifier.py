"""The threshold of a classifier at a BPCER or an APCER that is asked for, chosen on labelled faces."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from common.metrics.decisions import Decisions
from common.metrics.operating_point import CLASSES, ClassifierPoint, point_at_apcer, point_at_bpcer
from common.metrics.undecided import undecided_band
from common.models.crop_settings import CropSettings
from common.runtime.checksum import file_sha256
from common.runtime.errors import ParameterError, UserError
from infer.classification.faces import ClassifiedFaces
from infer.classification.results_file import is_classified, read_classified
from infer.classification.source import UNLABELLED
from infer.classification.verdict import FaceVerdict
from infer.models.classifier_note import ClassifierNote
from infer.models.open_classifier import is_classifier

Kind = Literal["bpcer", "apcer"]
_AT = {"bpcer": point_at_bpcer, "apcer": point_at_apcer}


@dataclass(frozen=True)
class ChosenVerdicts:
    """A threshold of P(synthetic), the band around it, and the error rates.

    Attributes:
        kind: the rate that was asked.
        point: the threshold, with the errors there.
        undecided: ends of the band without a verdict, as in `undecided_band`.
        faces: the name of what it was chosen on.
        unlabelled: faces that were scored and of which nobody says what they are; they are in no rate.
        unscored: photographs without a usable face, by what they have in the place of a verdict.
    """

    kind: Kind
    point: ClassifierPoint
    undecided: tuple[float, float]
    faces: str
    unlabelled: int
    unscored: Mapping[FaceVerdict, int]

    @property
    def decisions(self) -> Decisions:
        """The errors at the threshold, the undecided band left aside."""
        return self.point.decisions

    @property
    def few(self) -> tuple[str, int]:
        """The class that the rate which was asked is of, and how many faces it has."""
        counts = {"bpcer": self.decisions.bona_fide, "apcer": self.decisions.synthetic}
        return CLASSES[self.kind], counts[self.kind].total

    def noted(self, crops: CropSettings | None) -> ClassifierNote:
        """As it is stored beside the model; `crops` is how photographs were cropped, None for crops."""
        bona_fide, synthetic = self.decisions.bona_fide, self.decisions.synthetic
        return ClassifierNote(
            kind=self.kind,
            asked=self.point.asked,
            threshold=self.point.threshold,
            undecided=self.undecided,
            apcer=synthetic.rate,
            bpcer=bona_fide.rate,
            bona_fide=bona_fide.total,
            synthetic=synthetic.total,
            faces=self.faces,
            crops=crops,
        )


def asked_rate(bpcer: float | None, apcer: float | None) -> tuple[Kind, float] | None:
    """The rate of a classifier that is asked for, None where there is none. Raises UserError for both."""
    if bpcer is not None and apcer is not None:
        raise ParameterError("a threshold keeps one rate; give either {bpcer} or {apcer}")
    if bpcer is not None:
        return "bpcer", bpcer
    return None if apcer is None else ("apcer", apcer)


def scored_faces(results: Path, model: Path | None) -> tuple[Path, str, ClassifiedFaces]:
    """The file of a classifier, its SHA-256, and the faces it has scored, from results of `infer classify`.

    Args:
        results: is not trusted.
        model: the classifier, where it no longer lies where the results say.

    Raises UserError when the results are of pairs, of an ensemble or damaged, and when their classifier is
    not there or another one.
    """
    if not is_classified(results):
        raise UserError(
            f"{results} is no file of results of 'infer classify'; a threshold of a classifier is chosen on "
            "one, or on labelled photographs"
        )
    faces, _ = read_classified(results)
    if len(faces.models) != 1:
        raise UserError(
            f"{results} is of an ensemble of {len(faces.models)}; classify with one model alone, since a "
            "threshold is stored beside a file"
        )
    card = faces.models[0]
    file = Path(card.file) if model is None else model
    if not is_classifier(file):
        raise UserError(f"{file} is no classifier, or not there; name the one that made {results} by --model")
    if file_sha256(file) != card.sha256:
        raise UserError(f"{file} is not the classifier that made {results}; classify again, or name that one")
    return file, card.sha256, faces


def choose_verdicts(faces: ClassifiedFaces, kind: Kind, asked: float) -> ChosenVerdicts:
    """The threshold within a rate, and the narrowest band around it that leaves half of the errors outside.

    For a BPCER it is the lowest threshold, which misses the fewest synthetic faces; for an APCER the highest.

    Args:
        faces: scored by one model, with labels.
        kind: the rate that is asked.
        asked: in (0, 1).

    Raises UserError where no face has a label, the faces with a score lack a class, or are too few for such a
    rate, and where no threshold keeps it.
    """
    if not faces.has_labels:
        raise UserError(
            f"{faces.source} does not say which faces are synthetic, so that no error can be counted; add a "
            "labels file, or name folders called real and fake, or labelled shards"
        )
    measured = faces.measured
    labels, probability = faces.label[measured].astype(bool), faces.probability[measured]
    for synthetic, words in ((False, CLASSES["bpcer"]), (True, CLASSES["apcer"])):
        if not (labels == synthetic).any():
            raise UserError(
                f"{faces.source} has no usable {words} face, so that one of both rates would be unknown; add "
                "some, or name other data"
            )
    point = _AT[kind](labels, probability, asked)
    missing = (FaceVerdict.NO_FACE, FaceVerdict.UNREADABLE)
    unscored = {verdict: faces.counts[verdict] for verdict in missing if verdict in faces.counts}
    unlabelled = int((faces.label == UNLABELLED).sum())
    band = undecided_band(labels, probability, point.threshold)
    return ChosenVerdicts(kind, point, band, faces.name, unlabelled, unscored)
