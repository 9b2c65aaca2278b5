"""A session of a request: a document and a video of its person."""

from collections.abc import Callable, Sequence

from infer.classification.clip_faces import ClipFile
from infer.classification.ensemble import Ensemble
from infer.service.encoder import ServedEncoder
from infer.service.errors import ServiceError
from infer.service.limits import ServiceLimits
from infer.service.photographs import too_many_pixels
from infer.service.session_schemas import SessionReply
from infer.service.turns import watching
from infer.service.uploads import Upload
from infer.session.as_json import session_as_json
from infer.session.dense_frames import DenseFrames
from infer.session.examine import examine_session
from infer.session.sightings import NoSessionError


def session_reply(
    document: Upload,
    video: Upload,
    encoder: ServedEncoder,
    ensemble: Ensemble | None,
    limits: ServiceLimits,
    given_up: Callable[[], bool],
) -> SessionReply:
    """What a session comes to; the paths of models are nobody's business, so their names alone are told.

    Raises GivenUpError once `given_up` is true; ServiceError, 422, where document or video cannot be read, is
    beyond the limits, or shows no face; and UserError as `examine_session`.
    """
    problem = too_many_pixels(document.data, limits.max_pixels)
    if problem:
        raise ServiceError(422, f"the document: {problem}")
    model = encoder.examiner.model
    clip = ClipFile(video.data, DenseFrames(), limits.of_clip, watching(given_up))
    try:
        found = examine_session(document.data, clip, model, encoder.at.value, ensemble)
    except NoSessionError as error:
        raise ServiceError(422, str(error)) from error
    names = document.name, video.name
    told = session_as_json(found, model.card, encoder.at, names, _names(ensemble))
    return SessionReply.model_validate({**told, "model": encoder.model.name})


def _names(ensemble: Ensemble | None) -> Sequence[str]:
    return [member.file.name for member in ensemble.members] if ensemble else []
