"""A session from its two files to its verdict."""

from dataclasses import dataclass, field
from pathlib import Path

from align.tracks.options import ClipOptions
from common.runtime.errors import UserError
from infer.classification.ensemble import Ensemble
from infer.examine import Examined, Examiner
from infer.models.model import Model
from infer.session.sightings import Sightings, see_faces
from infer.session.verdict import SessionVerdict, judge


@dataclass(frozen=True)
class Session:
    """A document, the faces of a video, and the verdict on both."""

    document: Examined = field(repr=False)
    seen: Sightings = field(repr=False)
    found: SessionVerdict


def examine_session(
    document: Path,
    video: Path,
    model: Model,
    threshold: float,
    frames: ClipOptions,
    ensemble: Ensemble | None = None,
) -> Session:
    """The session of the person on a document and a video of them.

    Raises UserError where one of them cannot be read or shows no face, and as `see_faces`.
    """
    (examined,) = Examiner(model).examine([document])
    if examined.embedding is None:
        raise UserError(f"{document}: {examined.problem}")
    seen = see_faces(video, model, frames, ensemble)
    point = ensemble.point if ensemble else None
    return Session(examined, seen, judge(seen, examined.embedding, threshold, point))
