"""Verdicts on sessions, from embeddings that are made up: two people, A and B, and what lies between."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from common.models.classifier_checkpoint import OperatingPoint
from infer.score import Verdict
from infer.session.sightings import Sightings
from infer.session.verdict import SessionVerdict, judge

Vector = NDArray[np.float32]
A, B = np.eye(64, dtype=np.float32)[:2]
ALIKE = (0.55 * A + np.sqrt(1 - 0.55**2) * B).astype(np.float32)  # somebody who would pass for A
THRESHOLD = 0.35
LEFT, RIGHT = (10, 10, 60, 60), (100, 10, 150, 60)
POINT = OperatingPoint(threshold=0.6, undecided=(0.4, 0.6))


def noisy(whose: Vector, seed: int, noise: float = 0.02) -> Vector:
    """An embedding of a person in one frame."""
    vector = whose + np.random.default_rng(seed).normal(0, noise, 64)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def film(*frames: list[tuple[Vector, int, tuple[int, ...]]]) -> Sightings:
    """What is seen in frames 0.1 s apart: of each face whose it is, its track and its box."""
    faces = [(number, *face) for number, own in enumerate(frames) for face in own]
    number = np.array([face[0] for face in faces], np.int64)
    return Sightings(
        frame=number,
        seconds=number / 10,
        track=np.array([face[2] for face in faces], np.int64),
        box=np.array([face[3] for face in faces], np.float32),
        turn=np.zeros(len(faces)),
        embedding=np.stack([noisy(face[1], seed) for seed, face in enumerate(faces)]),
        logit=np.full(len(faces), np.nan),
        crops=[],
        looked_at=np.arange(len(frames)) / 10,
    )


def of(person: Vector, count: int, track: int = 0) -> list[list[tuple[Vector, int, tuple[int, ...]]]]:
    return [[(person, track, LEFT)]] * count


def moments(found: SessionVerdict) -> list[float]:
    return [round(switch.seconds, 2) for switch in found.person.switches]


def test_one_person_throughout_is_a_match() -> None:
    found = judge(film(*of(A, 30)), A, THRESHOLD)
    assert found.verdict is Verdict.MATCH and found.similarity > 0.9 and not found.doubts
    assert "no classifier has looked" in found.headline and np.isnan(found.probability).all()
    assert "nobody has looked for forgeries" in found.why[-1]
    other = judge(film(*of(A, 30)), B, THRESHOLD)
    assert other.verdict is Verdict.NO_MATCH and "nobody in the video is" in other.why[0]


@pytest.mark.parametrize(("second", "track"), [(B, 0), (B, 1), (ALIKE, 0), (ALIKE, 1)])
def test_a_switch_is_found_where_it_is_also_by_one_who_passes_for_the_person(
    second: Vector, track: int
) -> None:
    """Whether or not the tracks have told the two apart; and whoever of them the document shows."""
    clip = film(*of(A, 14), *of(second, 16, track))
    for document in (A, second):
        found = judge(clip, document, THRESHOLD)
        assert found.verdict is Verdict.NO_MATCH and moments(found) == [1.4]
        assert "at 1.40 s the face becomes another one" in found.why[0]


def test_a_switch_and_back_is_two() -> None:
    found = judge(film(*of(A, 12), *of(B, 6), *of(A, 12)), A, THRESHOLD)
    assert moments(found) == [1.2, 1.8] and found.verdict is Verdict.NO_MATCH


def test_a_head_that_turns_and_a_blurred_frame_are_no_switch() -> None:
    angles = np.concatenate([np.linspace(0, 1.2, 12), np.linspace(1.2, 0, 12)])
    turning = [[((np.cos(x) * A + np.sin(x) * B).astype(np.float32), 0, LEFT)] for x in angles]
    found = judge(film(*of(A, 12), *turning), A, THRESHOLD)
    assert found.verdict is Verdict.MATCH and found.person.switches == ()
    blurred = judge(film(*of(A, 12), *of(B, 1), *of(A, 12)), A, THRESHOLD)
    assert blurred.verdict is Verdict.MATCH and blurred.doubts == (
        "of 25 frames compared, 1 alone would be below the threshold",
    )


def test_frames_from_the_side_are_not_compared_unless_hardly_any_others_are_there() -> None:
    """In them the person, known by the track, resembles the document no more than anybody."""
    angles = np.linspace(0, 1.5, 12)
    turning = [[((np.cos(x) * A + np.sin(x) * B).astype(np.float32), 0, LEFT)] for x in angles]
    clip = film(*of(A, 8), *turning, *[turning[-1]] * 20)
    sideways = replace(clip, turn=np.repeat([0.1, 0.9], [12, 28]))
    found = judge(sideways, A, THRESHOLD)
    assert found.verdict is Verdict.MATCH and len(found.compared) == 12 and found.similarity > 0.9
    assert "in 28 of 40 frames the face is seen from the side" in found.doubts[0]
    hardly = judge(replace(clip, turn=np.repeat([0.1, 0.9], [4, 36])), A, THRESHOLD)
    assert hardly.verdict is Verdict.NO_MATCH and len(hardly.compared) == 40


def test_other_people_beside_the_person_are_told_and_whoever_is_most_alike_counts() -> None:
    beside = [[(B, 0, LEFT), (A, 1, RIGHT)]] * 20
    found = judge(film(*beside), A, THRESHOLD)
    assert found.verdict is Verdict.MATCH and found.doubts == ("1 other person is in the video",)
    assert found.person.rows.tolist() == list(range(1, 40, 2))


def test_a_face_that_comes_back_is_known_again_and_a_second_without_it_is_no_answer() -> None:
    short = judge(film(*of(A, 12), *[[]] * 6, *of(A, 12, track=1)), A, THRESHOLD)
    assert short.verdict is Verdict.MATCH and len(short.person.rows) == 24
    assert short.doubts == ("the face is missing in 6 of 30 frames",)
    long = judge(film(*of(A, 12), *[[]] * 12), A, THRESHOLD)
    assert long.verdict is None and long.lost == pytest.approx((1.2, 1.1))
    assert "from 1.10 s on, the face is not seen" in long.why[0]


def test_too_few_frames_and_a_damaged_file_are_never_a_verdict() -> None:
    few, cut = film(*of(A, 9)), replace(film(*of(A, 20)), truncated=True)
    for clip, told in ((few, "9 frames only, of 10"), (cut, "lacks its end")):
        for document in (A, B):
            found = judge(clip, document, THRESHOLD)
            assert found.verdict is None and told in found.why[0]


@pytest.mark.parametrize(
    ("middle", "verdict", "told"),
    [
        (-3.0, Verdict.MATCH, "P(synthetic) is 0.05 at its highest"),
        (3.0, Verdict.NO_MATCH, "synthetic: around 1.2"),
        (0.0, None, "undecided: around 1.2"),
    ],
)
def test_half_a_second_that_is_synthetic_or_undecided_decides(
    middle: float, verdict: Verdict | None, told: str
) -> None:
    logit = np.full(30, -3.0)
    logit[10:16] = middle
    found = judge(replace(film(*of(A, 30)), logit=logit), A, THRESHOLD, POINT)
    assert found.verdict is verdict and any(told in reason for reason in found.why)
    logit[10:16], logit[12] = -3, 3  # one frame
    alone = judge(replace(film(*of(A, 30)), logit=logit), A, THRESHOLD, POINT)
    assert alone.verdict is Verdict.MATCH and "as far as the classifier can tell" in alone.headline


def test_sparse_frames_are_told() -> None:
    clip = film(*of(A, 20))
    sparse = replace(clip, seconds=clip.seconds * 10, looked_at=clip.looked_at * 10)
    assert "a frame every 1.00 s was looked at" in judge(sparse, A, THRESHOLD).doubts[0]
