"""What an ensemble says of the faces of tracks: of each frame, and of each track."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.models.temporal_names import Temporal
from common.runtime.errors import ParameterError
from infer.classification.align_faces import Views
from infer.classification.ensemble import Ensemble
from infer.classification.member import Member
from infer.classification.temporal import pooled


class OverTime(NamedTuple):
    """Calibrated logits, the means over the members of an ensemble."""

    frames: NDArray[np.float64]  # (N,)
    tracks: NDArray[np.float64]  # (T,) in the order of their numbers


def over_time(
    ensemble: Ensemble, faces: list[Views], track: NDArray[np.int64], asked: Temporal | None = None
) -> OverTime:
    """The logits of N faces and of the tracks that they are of, `track` (N,), each in order of time.

    Each member comes to that of a track as it was trained for, or as `asked`. Raises UserError as
    `refuse_untaught`, and as `Member.logits`.
    """
    refuse_untaught(ensemble, asked)
    places = [np.flatnonzero(track == number) for number in np.unique(track)]
    order = np.concatenate(places)
    frames, tracks = [], []
    for member, way in zip(ensemble.members, ensemble.way_of, strict=True):
        kind = asked or member.info.temporal
        crops = [faces[row][way] for row in order.tolist()]
        logits = np.empty(len(faces))
        own = member.step_logits(crops, list(map(len, places))) if kind.is_learnt else member.logits(crops)
        logits[order] = own
        frames.append(logits)
        tracks.append([pooled(logits[rows], kind) for rows in places])
    return OverTime(np.mean(frames, axis=0), np.mean(tracks, axis=0))


def refuse_untaught(ensemble: Ensemble, asked: Temporal | None) -> None:
    """Raise UserError where a head over time is asked for that a member does not have."""
    if asked is None or not asked.is_learnt:
        return
    for member in ensemble.members:
        if member.info.temporal is not asked:
            raise ParameterError(
                f"{{}} has no head {asked}: it was trained for {member.info.temporal}; leave {{temporal}} "
                f"out, or train one with 'python -m train classifier --temporal {asked}'",
                member.file,
            )


def of_a_still(ensemble: Ensemble) -> str:
    """What is to be said behind the reason of a photograph's verdict: nothing but of a model for clips."""
    if not any(member.info.temporal.is_learnt for member in ensemble.members):
        return ""
    return "; the model was made for clips, and a photograph is a sequence of one to it"


def notes_on_stills(members: tuple[Member, ...]) -> list[str]:
    """That members were made for clips, of a source with photographs; none where they were not."""
    return [
        f"{member.file} was made for clips ({member.info.temporal}): a photograph is a sequence of one to "
        "it, and shows nothing that changes over time"
        for member in members
        if member.info.temporal.is_learnt
    ]
