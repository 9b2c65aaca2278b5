"""A session from its two files to its verdict."""

from dataclasses import dataclass, field
from os import PathLike

from align.media.source import ImageSource
from common.models.classifier_checkpoint import OperatingPoint
from infer.classification.clip_faces import ClipFile
from infer.classification.ensemble import Ensemble
from infer.examine import Examined, Examiner
from infer.models.model import Model
from infer.session.sightings import NoSessionError, Sightings, see_faces
from infer.session.verdict import SessionVerdict, judge


@dataclass(frozen=True)
class Session:
    """A document, the faces of a video, and the verdict on both; `point` is that of a classifier."""

    document: Examined = field(repr=False)
    seen: Sightings = field(repr=False)
    found: SessionVerdict
    point: OperatingPoint | None = None


def examine_session(
    document: ImageSource,
    video: ClipFile,
    model: Model,
    threshold: float,
    ensemble: Ensemble | None = None,
) -> Session:
    """The session of the person on a document and a video of them.

    Raises NoSessionError where one of them cannot be read or shows no face, and as `see_faces`.
    """
    (examined,) = Examiner(model).examine([document])
    if examined.embedding is None:
        named = document if isinstance(document, str | PathLike) else "the document"
        raise NoSessionError(f"{named}: {examined.problem}")
    seen = see_faces(video, model, ensemble)
    point = ensemble.point if ensemble else None
    return Session(examined, seen, judge(seen, examined.embedding, threshold, point), point)
