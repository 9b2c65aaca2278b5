"""What an annotated copy of a classified clip shows."""

import numpy as np

from common.models.classifier_checkpoint import OperatingPoint
from infer.classification.faces import ClassifiedFaces, probabilities
from infer.classification.scored_clip import ScoredTrack
from infer.classification.verdict import FACE_VERDICTS, FaceVerdict, face_verdicts
from infer.output.palette import LIGHT
from infer.render.marked_track import MarkedTrack
from infer.render.render import Annotation, usual_step

COLOURS = {FaceVerdict.BONA_FIDE: LIGHT["same_person"], FaceVerdict.SYNTHETIC: LIGHT["synthetic"]}
UNDECIDED = LIGHT["soft"]


def annotation_of(faces: ClassifiedFaces, row: int) -> Annotation:
    """Each face of a clip with its P(synthetic) of a frame, in the colour of that, and the verdict below."""
    clip, verdict = faces.clips[row], FACE_VERDICTS[faces.verdict_codes[row]]
    told = f"{verdict.value.replace('_', ' ')}: P(synthetic) {faces.probability[row]:.2f}"
    return Annotation(
        [_marked(track, faces.point) for track in clip.tracks],
        usual_step(np.concatenate([track.seconds for track in clip.tracks])),
        f"{told}, face {clip.track.number}" if len(clip.tracks) > 1 else told,
        COLOURS.get(verdict, UNDECIDED),
    )


def _marked(track: ScoredTrack, point: OperatingPoint) -> MarkedTrack:
    scores = probabilities(track.logits)
    codes = face_verdicts(scores, point).tolist()
    return MarkedTrack(
        track.seconds,
        track.boxes,
        [f"face {track.number}: {score:.2f}" for score in scores.tolist()],
        [COLOURS.get(FACE_VERDICTS[code], UNDECIDED) for code in codes],
    )
