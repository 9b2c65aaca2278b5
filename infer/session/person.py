"""Whom a session is of: the person of a video who is most like the document, and where somebody else is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from align.detectors.nms import iou
from align.tracks.linker import NEAR_S, OVERLAP
from infer.one_person import count_people, mean_of
from infer.score import cosines
from infer.session.pieces import continuity, jumps, pieces_of
from infer.session.sightings import Sightings

STRETCH = 10  # sightings
FEWEST = 2  # sightings of somebody else who takes the place: one alone may be a blurred frame
FEWEST_OF_PERSON = 3  # sightings of somebody who is counted


@dataclass(frozen=True)
class Switch:
    """A moment from which on another face is where the one before it was."""

    seconds: float  # of the first frame of the new face
    similarity: float  # cosine of the mean embeddings before and from then on


@dataclass(frozen=True)
class SessionPerson:
    """The person whom a session is of.

    Attributes:
        rows: (P,) int64 of the `Sightings`, at most one a frame, in order of time.
        similarity: (S,) of every sighting to the document, in [-1, 1].
        switches: in order of time; those from the person to somebody else, and back.
        others: how many other people the video shows, at the least three times each.
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float64]
    switches: tuple[Switch, ...]
    others: int


def find_person(seen: Sightings, document: NDArray[np.float32], threshold: float) -> SessionPerson:
    """The person of a video who is most like a document, by the embedding (D,) of the face on it.

    Tracks are cut where the person in them is exchanged (`pieces_of`). The piece that is most similar to the
    document over `STRETCH` sightings in a row is the person's, and with it all those whose mean embedding is
    as similar to its as the encoder's threshold asks of two photographs of one person.
    """
    similarity = cosines(seen.embedding, np.broadcast_to(document, seen.embedding.shape))
    pieces = pieces_of(seen, threshold)
    means = np.stack([mean_of(seen.embedding[piece]) for piece in pieces])
    own = _pieces_of_person(seen, pieces, means, similarity, threshold)
    rows = np.sort(np.concatenate([pieces[index] for index in own]))
    rest = [index for index in range(len(pieces)) if index not in own]
    switches = {switch.seconds: switch for switch in _abrupt_changes(seen, rows, threshold)}
    for index in rest:
        if len(pieces[index]) >= FEWEST:
            switches |= {switch.seconds: switch for switch in _successions(seen, rows, pieces[index])}
    known = [index for index in rest if len(pieces[index]) >= FEWEST_OF_PERSON]
    others = count_people(means[known], [len(pieces[index]) for index in known], threshold)
    return SessionPerson(rows, similarity, tuple(switches[at] for at in sorted(switches)), others)


def _pieces_of_person(
    seen: Sightings,
    pieces: list[NDArray[np.int64]],
    means: NDArray[np.float32],
    similarity: NDArray[np.float64],
    threshold: float,
) -> list[int]:
    """Which pieces are the person's, none of which shares a frame with another."""
    best = np.array([_best_stretch(similarity[piece]) for piece in pieces])
    long = np.array([len(piece) >= FEWEST_OF_PERSON for piece in pieces])
    anchor = int(np.argmax(np.where(long, best, -2) if long.any() else best))
    alike = cosines(means, np.broadcast_to(means[anchor], means.shape))
    own, frames = [anchor], set(seen.frame[pieces[anchor]].tolist())
    for index in np.argsort(-alike, kind="stable").tolist():
        taken = set(seen.frame[pieces[index]].tolist())
        if index != anchor and alike[index] >= threshold and not taken & frames:
            own.append(index)
            frames |= taken
    return own


def _best_stretch(similarity: NDArray[np.float64]) -> float:
    """The highest mean of so many in a row: turned away, people resemble nobody's document."""
    size = min(STRETCH, len(similarity))
    return float(np.convolve(similarity, np.full(size, 1 / size), "valid").max())


def _abrupt_changes(seen: Sightings, rows: NDArray[np.int64], threshold: float) -> list[Switch]:
    """Where the person's own face changes faster than heads turn."""
    similar = continuity(seen.embedding[rows])
    return [
        Switch(float(seen.seconds[rows[at]]), float(similar[at]))
        for at in jumps(seen.embedding[rows], threshold)
        if seen.seconds[rows[at]] - seen.seconds[rows[at - 1]] <= NEAR_S
    ]


def _successions(seen: Sightings, rows: NDArray[np.int64], other: NDArray[np.int64]) -> list[Switch]:
    """Where another person's piece follows on the person's face at one place, and the other way round."""
    found = []
    start, stop = seen.frame[other[0]], seen.frame[other[-1]]
    before, after = rows[seen.frame[rows] < start], rows[seen.frame[rows] > stop]
    present = set(seen.frame[rows].tolist())
    similarity = float(cosines(mean_of(seen.embedding[rows])[None], mean_of(seen.embedding[other])[None])[0])
    if len(before) and start not in present and _is_one_place(seen, before[-1], other[0]):
        found.append(Switch(float(seen.seconds[other[0]]), similarity))
    if len(after) and stop not in present and _is_one_place(seen, other[-1], after[0]):
        found.append(Switch(float(seen.seconds[after[0]]), similarity))
    return found


def _is_one_place(seen: Sightings, first: np.int64, second: np.int64) -> bool:
    """Whether two faces are of one track, or lie at one place one shortly after the other."""
    if seen.track[first] == seen.track[second]:
        return True
    near = seen.seconds[second] - seen.seconds[first] <= NEAR_S
    return bool(near and iou(seen.box[first], seen.box[second][None])[0] >= OVERLAP)
