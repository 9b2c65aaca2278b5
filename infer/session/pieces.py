"""Pieces of tracks, each of which shows one person by the embeddings: a track is cut where these jump."""

import numpy as np
from numpy.typing import NDArray

from infer.one_person import mean_of
from infer.score import cosines
from infer.session.sightings import Sightings

WINDOW = 5  # sightings on each side of a moment that are averaged at the most
WINDOWS = (1, 2, WINDOW)
FEWEST = 2  # sightings on each side: one blurred frame at an end is no other person
TOWARDS_ONE = 0.6  # of the way from the encoder's threshold to 1, see `jumps`
STEEP = 10.0  # times the change from frame to frame there is usual


def pieces_of(seen: Sightings, threshold: float) -> list[NDArray[np.int64]]:
    """The rows of each piece, in order of time; the pieces by track."""
    found = []
    for track in np.unique(seen.track):
        rows = np.flatnonzero(seen.track == track)
        found += np.split(rows, jumps(seen.embedding[rows], threshold))
    return found


def continuity(embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N,) similarity of what is before, and from, each of N sightings in order; 1 near both ends.

    It is that of the mean embeddings of as many sightings on both sides as `WINDOWS` say, the highest: two
    frames that differ may be one that is blurred, two means that differ a head that turns.
    """
    found = np.ones(len(embeddings))
    for at in range(FEWEST, len(embeddings) - FEWEST + 1):
        sides = [(embeddings[max(0, at - size) : at], embeddings[at : at + size]) for size in WINDOWS]
        before, after = (np.stack([mean_of(side[which]) for side in sides]) for which in (0, 1))
        found[at] = cosines(before, after).max()
    return found


def jumps(embeddings: NDArray[np.float32], threshold: float) -> list[int]:
    """Where somebody else takes over among N sightings in order, as positions.

    There the continuity is below the encoder's threshold for two photographs of one person; or, for people
    who resemble each other, below `TOWARDS_ONE` of the way from there to 1 where the change is `STEEP` times
    that from frame to frame around it. Measured with a MobileFaceNet at 0.35: where the person of a rendered
    clip is exchanged the continuity is 0.36 to 0.68 and the change 25 times the usual one; of a real head
    that turns fast they are 0.65, and 8 times at the most.
    """
    limit = threshold + TOWARDS_ONE * (1 - threshold)
    similar = continuity(embeddings)
    steps = 1 - cosines(embeddings[1:], embeddings[:-1])
    found = []
    for at in np.flatnonzero(similar < limit).tolist():
        near = slice(max(0, at - WINDOW), at + WINDOW + 1)
        usual = float(np.median(steps[max(0, at - 1 - WINDOW) : at + WINDOW]))
        is_lowest = at == near.start + int(np.argmin(similar[near]))
        if is_lowest and (similar[at] < threshold or 1 - similar[at] >= STEEP * usual):
            found.append(at)
    return found
