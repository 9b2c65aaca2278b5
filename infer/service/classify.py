"""Photographs and clips of a request classified: which of their faces are synthetic."""

from collections.abc import Callable, Sequence

from align.crops.aligner import Rejection
from infer.classification.align_faces import align_faces
from infer.classification.ensemble import Ensemble
from infer.classification.faces import probabilities
from infer.classification.over_time import of_a_still
from infer.classification.verdict import FACE_VERDICTS, face_verdicts, why
from infer.service.classified import ClassifiedFace, ClassifiedPhotograph
from infer.service.clips import classify_clip, is_video
from infer.service.limits import MOST_FACES, ServiceLimits
from infer.service.photographs import look_at_uploads
from infer.service.turns import watching


def classify_uploads(
    ensemble: Ensemble, sources: Sequence[bytes], limits: ServiceLimits, given_up: Callable[[], bool]
) -> list[ClassifiedPhotograph]:
    """What an ensemble says of each encoded image or clip.

    Raises as `look_at_uploads` and `Ensemble.logits`.
    """

    def look(source: bytes) -> ClassifiedPhotograph:
        if is_video(source):
            return classify_clip(ensemble, source, limits.of_clip, watching(given_up))
        return _classify(ensemble, source)

    return look_at_uploads(
        look, lambda problem: ClassifiedPhotograph((), 0, problem), sources, limits.max_pixels, given_up
    )


def _classify(ensemble: Ensemble, source: bytes) -> ClassifiedPhotograph:
    (found,) = align_faces([source], ensemble.ways)
    if isinstance(found, Rejection):
        return ClassifiedPhotograph((), 0, found.reason)
    taken = found[:MOST_FACES]
    likely = probabilities(ensemble.logits([face.views for face in taken]))
    verdicts = [FACE_VERDICTS[code] for code in face_verdicts(likely, ensemble.point)]
    more = of_a_still(ensemble)
    faces = [
        ClassifiedFace(face.box, face.score, probability, verdict, why(probability, ensemble.point) + more)
        for face, probability, verdict in zip(taken, likely.tolist(), verdicts, strict=True)
    ]
    return ClassifiedPhotograph(faces, len(found), None)
