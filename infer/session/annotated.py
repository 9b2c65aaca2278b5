"""What an annotated copy of a session's video shows."""

import numpy as np

from infer.output.palette import LIGHT
from infer.render.marked_track import MarkedTrack
from infer.render.render import Annotation, usual_step
from infer.score import Verdict
from infer.session.examine import Session

COLOURS = {Verdict.MATCH: LIGHT["same_person"], Verdict.NO_MATCH: LIGHT["wrong"], None: LIGHT["soft"]}


def annotation_of(session: Session) -> Annotation:
    """The person with similarity and, where a classifier has looked, P(synthetic); others in grey."""
    seen, found = session.seen, session.found
    own = found.person.rows
    labels = [f"{similarity:.2f}" for similarity in found.person.similarity.tolist()]
    colours = [LIGHT["soft"]] * len(labels)
    for row, probability in zip(own.tolist(), found.probability.tolist(), strict=True):
        is_like = found.person.similarity[row] >= found.threshold
        colours[row] = LIGHT["same_person"] if is_like else LIGHT["wrong"]
        labels[row] += "" if np.isnan(probability) else f", synthetic {probability:.2f}"
    groups = [own, *_others(seen.track, own)]
    return Annotation(
        [
            MarkedTrack(
                seen.seconds[rows],
                seen.box[rows],
                [labels[row] for row in rows.tolist()],
                [colours[row] for row in rows.tolist()],
            )
            for rows in groups
        ],
        usual_step(seen.looked_at),
        f"{found.verdict.value.replace('_', ' ') if found.verdict else 'no answer'}: "
        f"similarity {found.similarity:.2f}",
        COLOURS[found.verdict],
    )


def _others(tracks: np.ndarray, own: np.ndarray) -> list[np.ndarray]:
    rest = np.setdiff1d(np.arange(len(tracks)), own)
    return [rest[tracks[rest] == track] for track in np.unique(tracks[rest])]
