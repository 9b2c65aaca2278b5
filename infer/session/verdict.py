"""The verdict on a session, and the reasons for it in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from common.models.classifier_checkpoint import OperatingPoint
from common.runtime.wording import counted, told_apart
from infer.classification.faces import probabilities
from infer.classification.verdict import FACE_VERDICTS, FaceVerdict, face_verdicts, why
from infer.quality import MAX_TURN
from infer.score import Verdict
from infer.session.person import SessionPerson, find_person
from infer.session.pieces import WINDOW
from infer.session.sightings import Sightings

FEWEST_COMPARED = 5  # frames in which the face is not turned away; where there are fewer, all are compared
FEWEST_FRAMES = 10  # with the person's face: fewer are no video
MOST_LOST_S = 1.0  # seconds without it in one go, in which anything may have happened
DENSE_S = 0.25  # seconds between frames, above which a switch back and forth may lie between two
MOST_TOLD = 5  # switches in words
HEADLINES = {
    (
        Verdict.MATCH,
        True,
    ): "match: the person of the document, the same one throughout, and bona fide as far as "
    "the classifier can tell",
    (
        Verdict.MATCH,
        False,
    ): "match: the person of the document, the same one throughout, if the video is bona "
    "fide, for which no classifier has looked",
    (Verdict.NO_MATCH, True): "no match",
    (Verdict.NO_MATCH, False): "no match",
    (None, True): "no answer",
    (None, False): "no answer",
}


@dataclass(frozen=True)
class SessionVerdict:
    """What a session comes to.

    Attributes:
        verdict: match where all holds; None for no answer.
        similarity: the median of that to the document over the `compared` frames, in [-1, 1].
        compared: (C,) int64, the person's rows in which the face is not turned away, or all where these are
            few: from the side people resemble nobody's document, and `person` has them by their track.
        probability: (P,) of the person's rows, the P(synthetic) of the mean logit of the `WINDOW` sightings
            around each; NaN where no classifier has looked.
        lost: seconds without the person's face, the longest in one go, and since when.
        why: in words, never empty: what speaks for the verdict.
        doubts: what else is to be known, in words.
    """

    verdict: Verdict | None
    person: SessionPerson = field(repr=False)
    similarity: float
    compared: NDArray[np.int64] = field(repr=False)
    threshold: float
    probability: NDArray[np.float64] = field(repr=False)
    lost: tuple[float, float]
    why: tuple[str, ...]
    doubts: tuple[str, ...]
    classified: bool

    @property
    def headline(self) -> str:
        """The verdict in words, with what they do not say of synthetic faces."""
        return HEADLINES[self.verdict, self.classified]


def judge(
    seen: Sightings, document: NDArray[np.float32], threshold: float, point: OperatingPoint | None = None
) -> SessionVerdict:
    """The verdict on the faces of a video, against the embedding (D,) of the face on a document.

    Match takes a median similarity at or above the threshold, no switch of the person, no five frames in a
    row that are synthetic or undecided where `point` is that of a classifier which looked, a whole file, ten
    frames with the face, and no second without. Where frames or file are wanting there is no answer whatever
    else was seen.
    """
    person = find_person(seen, document, threshold)
    compared = _compared(seen, person.rows)
    similarity = float(np.median(person.similarity[compared]))
    probability = _smoothed(seen.logit[person.rows])
    lost = _longest_loss(seen, person.rows)
    wanting = _wanting(seen, person)
    synthetic, undecided = _synthetic(seen, person, probability, point)
    unlike = _unlike(similarity, len(compared), threshold)  # then all else is about somebody else
    against = unlike or [*_switched(person), *synthetic]
    open_ones = [] if unlike else [*_loss(lost), *undecided]
    verdict = None if wanting or (open_ones and not against) else Verdict.MATCH
    if against and not wanting:
        verdict = Verdict.NO_MATCH
    return SessionVerdict(
        verdict,
        person,
        similarity,
        compared,
        threshold,
        probability,
        lost,
        tuple(
            [*wanting, *against, *open_ones]
            or _holds(seen, person, (similarity, len(compared)), threshold, probability)
        ),
        tuple(_doubts(seen, person, compared, threshold)),
        point is not None,
    )


def _compared(seen: Sightings, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of the person that speak about the document."""
    facing = rows[~(seen.turn[rows] > MAX_TURN)]  # NaN where nothing is known
    return facing if len(facing) >= FEWEST_COMPARED else rows


def _smoothed(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(synthetic) of the mean logits around each of some sightings in order."""
    half = WINDOW // 2
    found = np.full(len(logits), np.nan)
    for at in range(len(logits)):
        found[at] = logits[max(0, at - half) : at + half + 1].mean()
    return probabilities(found)


def _longest_loss(seen: Sightings, rows: NDArray[np.int64]) -> tuple[float, float]:
    """The longest time without the face: how many seconds, and since when; frames between must lack it."""
    own = np.isin(seen.looked_at, seen.seconds[rows])
    found = (0.0, 0.0)
    start, lacking = float(seen.looked_at[0]), False
    for seconds, there in zip(seen.looked_at.tolist(), own.tolist(), strict=True):
        lacking |= not there
        if lacking and seconds - start > found[0]:
            found = seconds - start, start
        if there:
            start, lacking = seconds, False
    return found


def _wanting(seen: Sightings, person: SessionPerson) -> list[str]:
    found = []
    if seen.truncated:
        found.append("the video lacks its end or is damaged, so what it shows is not all")
    if len(person.rows) < FEWEST_FRAMES:
        told = counted(len(person.rows), "frame")
        found.append(f"the face most like the document is in {told} only, of {FEWEST_FRAMES} at the least")
    return found


def _unlike(similarity: float, frames: int, threshold: float) -> list[str]:
    if similarity >= threshold:
        return []
    told, limit = told_apart(similarity, threshold)
    return [
        "nobody in the video is the person on the document: the similarity of whoever is most alike, the "
        f"median of {counted(frames, 'frame')}, is {told}, below the threshold {limit}"
    ]


def _switched(person: SessionPerson) -> list[str]:
    told = [
        f"at {switch.seconds:.2f} s the face becomes another one (similarity {switch.similarity:.2f})"
        for switch in person.switches[:MOST_TOLD]
    ]
    more = len(person.switches) - len(told)
    return [*told, f"and so it does {counted(more, 'more time')}"] if more else told


def _synthetic(
    seen: Sightings, person: SessionPerson, probability: NDArray[np.float64], point: OperatingPoint | None
) -> tuple[list[str], list[str]]:
    """What is synthetic and what is undecided, by the worst five frames in a row."""
    if point is None:
        return [], []
    worst = int(np.argmax(probability))
    verdicts = {FACE_VERDICTS[code] for code in face_verdicts(probability, point).tolist()}
    at = float(seen.seconds[person.rows[worst]])
    told = f"around {at:.2f} s {why(float(probability[worst]), point)}"
    if FaceVerdict.SYNTHETIC in verdicts:
        return [f"synthetic: {told}"], []
    return [], [f"undecided: {told}"] if FaceVerdict.UNDECIDED in verdicts else []


def _loss(lost: tuple[float, float]) -> list[str]:
    seconds, since = lost
    if seconds <= MOST_LOST_S:
        return []
    return [f"for {seconds:.1f} s, from {since:.2f} s on, the face is not seen, in which anything may happen"]


def _holds(
    seen: Sightings,
    person: SessionPerson,
    compared: tuple[float, int],
    threshold: float,
    probability: NDArray[np.float64],
) -> list[str]:
    similarity, frames = compared
    told, limit = told_apart(similarity, threshold)
    found = [
        f"similarity to the document {told}, the median of {counted(frames, 'frame')}, is at or "
        f"above the threshold {limit}",
        "the face never becomes another one",
    ]
    if not np.isnan(probability).any():
        worst = int(np.argmax(probability))
        at = float(seen.seconds[person.rows[worst]])
        found.append(f"P(synthetic) is {probability[worst]:.2f} at its highest, around {at:.2f} s")
    else:
        found.append(
            "nobody has looked for forgeries, so that a swapped face passes; a classifier would look"
        )
    return found


def _doubts(
    seen: Sightings, person: SessionPerson, compared: NDArray[np.int64], threshold: float
) -> list[str]:
    own = person.rows
    turned = len(own) - len(compared)
    below = int((person.similarity[compared] < threshold).sum())
    without = len(seen.looked_at) - len(own)
    step = float(np.median(np.diff(seen.looked_at))) if len(seen.looked_at) > 1 else 0.0
    doubts: Sequence[str] = (
        f"{counted(person.others, 'other person is', 'other people are')} in the video"
        if person.others
        else "",
        f"in {turned:,} of {counted(len(own), 'frame')} the face is seen from the side: these are not "
        "compared with the document"
        if turned
        else "",
        f"of {counted(len(compared), 'frame')} compared, {below:,} alone would be below the threshold"
        if below
        else "",
        f"the face is missing in {without:,} of {counted(len(seen.looked_at), 'frame')}" if without else "",
        f"a frame every {step:.2f} s was looked at: a switch back and forth between two is not seen"
        if step > DENSE_S
        else "",
    )
    return [doubt for doubt in doubts if doubt]
