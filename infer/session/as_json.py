"""A session as one JSON object: what `infer session --json` prints, and the service answers."""

import math
from collections.abc import Sequence
from typing import Any

from infer.claims import synthetic_statement, threshold_doubt
from infer.models.model import ModelCard, Threshold
from infer.session.examine import Session


def session_as_json(
    session: Session,
    card: ModelCard,
    at: Threshold,
    names: tuple[str, str],
    classifiers: Sequence[str],
) -> dict[str, Any]:
    """Plain values; boxes are in pixels of the frames, those of the person alone.

    `names` are those of document and video; `classifiers` those that have looked, none for nobody.
    """
    seen, found = session.seen, session.found
    rows = found.person.rows.tolist()
    return {
        "verdict": found.verdict.value if found.verdict else None,
        "statement": found.headline,
        "reasons": [*found.why, *found.doubts],
        "similarity": found.similarity,
        "threshold": at.value,
        "threshold_source": at.source,
        "threshold_doubt": threshold_doubt(at),
        "synthetic_statement": synthetic_statement(card.synthetic),
        "model": card.name,
        "classifiers": list(classifiers),
        "synthetic_threshold": session.point.threshold if session.point else None,
        "document": names[0],
        "document_warnings": [warning.value for warning in session.document.warnings],
        "video": names[1],
        "frames_looked_at": len(seen.looked_at),
        "frames_compared": len(found.compared),
        "other_people": found.person.others,
        "lost": {"seconds": found.lost[0], "since": found.lost[1]},
        "switches": [vars(switch) for switch in found.person.switches],
        "frames": [
            {
                "frame": int(seen.frame[row]),
                "seconds": float(seen.seconds[row]),
                "track": int(seen.track[row]),
                "box": seen.box[row].tolist(),
                "similarity": float(found.person.similarity[row]),
                "synthetic": None if math.isnan(probability) else probability,
            }
            for row, probability in zip(rows, found.probability.tolist(), strict=True)
        ],
    }
