import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from common.metrics.operating_point import best_f1_threshold, point_at_apcer, point_at_bpcer
from common.metrics.undecided import undecided_band
from common.runtime.errors import ParameterError, UserError

likely = st.one_of(st.integers(0, 8).map(lambda eighths: eighths / 8), st.floats(0, 1))
faces = st.lists(st.tuples(st.booleans(), likely), min_size=1, max_size=40)


def as_arrays(drawn: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([label for label, _ in drawn], bool), np.array([score for _, score in drawn], float)


def test_the_published_rule_of_50_thresholds() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(300) < 0.2
    scores = np.clip(rng.normal(0.3 + 0.3 * labels, 0.2), 0, 1)
    candidates = np.linspace(0.1, 0.9, 50)
    expected = [f1_score(labels, scores >= one) for one in candidates]
    assert best_f1_threshold(labels, scores) == candidates[int(np.argmax(expected))]
    assert best_f1_threshold([1, 1], [0.2, 0.9]) == 0.5


@pytest.mark.slow
@settings(max_examples=300)
@given(faces, st.sampled_from([0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9]))
def test_a_rate_is_within_what_was_asked_and_beyond_it_one_face_on(
    drawn: list[tuple[bool, float]], rate: float
) -> None:
    labels, scores = as_arrays(drawn)
    try:
        threshold = point_at_bpcer(labels, scores, rate).threshold
    except UserError:
        assert labels.all() or not labels.any() or 1 / (~labels).sum() > rate or np.mean(scores[~labels] == 1)
    else:
        assert np.mean(scores[~labels] >= threshold) <= rate
        assert np.mean(scores[~labels] >= scores[scores < threshold].max()) > rate
    try:
        threshold = point_at_apcer(labels, scores, rate).threshold
    except UserError:
        assert labels.all() or not labels.any() or 1 / labels.sum() > rate or np.mean(scores[labels] == 0)
    else:
        assert np.mean(scores[labels] < threshold) <= rate
        beyond = math.nextafter(scores[scores >= threshold].min(), 2)
        assert np.mean(scores[labels] < beyond) > rate


def test_a_point_tells_its_errors_and_how_far_it_can_be_trusted() -> None:
    labels = np.repeat([False, True], 100)
    scores = np.concatenate([np.linspace(0, 0.6, 100), np.linspace(0.4, 1, 100)])
    point = point_at_bpcer(labels, scores, 0.05)
    assert (point.decisions.bona_fide.errors, point.kind, point.asked) == (5, "bpcer", 0.05)
    assert point.faces_to_trust is None
    assert point_at_apcer(labels, scores, 0.01).faces_to_trust == 300
    assert point_at_apcer(labels, scores, 0.01).decisions.synthetic.errors == 1


@pytest.mark.parametrize(
    ("point", "labels", "scores", "rate", "said"),
    [
        (point_at_bpcer, [0, 1], [0.1, 0.9], 0.0, "--bpcer must lie between 0 and 1"),
        (point_at_bpcer, [0, 1], [0.1, 0.9], math.nan, "--bpcer must lie between 0 and 1"),
        (
            point_at_apcer,
            [0] * 2 + [1],
            [0.1] * 3,
            0.1,
            "on 1 synthetic faces; it takes 10 at the least, and 30",
        ),
        (point_at_bpcer, [0] * 5 + [1], [0.1] * 6, 0.1, "or raise --bpcer"),
        (point_at_bpcer, [0] * 10 + [1], [1.0] * 11, 0.1, "bona fide faces have a P(synthetic) of 1"),
        (point_at_apcer, [1] * 10 + [0], [0.0] * 11, 0.1, "synthetic faces have a P(synthetic) of 0"),
    ],
)
def test_what_cannot_be_kept_is_refused(point, labels, scores, rate, said) -> None:
    with pytest.raises(ParameterError) as refused:
        point(labels, scores, rate)
    assert said in refused.value.as_options


@pytest.mark.parametrize(("labels", "lacking"), [([0] * 9, "synthetic"), ([1] * 9, "bona fide")])
def test_one_class_alone_is_refused(labels: list[int], lacking: str) -> None:
    for point in (point_at_bpcer, point_at_apcer):
        with pytest.raises(UserError, match=f"no {lacking} faces"):
            point(labels, [0.5] * 9, 0.5)


@given(faces, likely, st.sampled_from([0.0, 0.25, 0.5, 0.8, 1.0]))
def test_the_band_leaves_no_more_errors_outside_and_a_narrower_one_would(
    drawn: list[tuple[bool, float]], threshold: float, kept: float
) -> None:
    labels, scores = as_arrays(drawn)
    low, high = undecided_band(labels, scores, threshold, kept)
    assert 0 <= low <= threshold <= high <= 1
    alarms, missed = scores[~labels & (scores >= threshold)], scores[labels & (scores < threshold)]
    assert (alarms[alarms < 1] >= high).sum() <= kept * len(alarms)
    assert (missed < low).sum() <= kept * len(missed)
    if threshold < high < 1:
        assert (alarms >= scores[scores < high].max()).sum() > kept * len(alarms)
    if low < threshold:
        assert (missed <= scores[scores >= low].min()).sum() > kept * len(missed)


def test_the_band_by_hand() -> None:
    labels = [0, 0, 0, 0, 1, 1, 1, 1]
    scores = [0.1, 0.55, 0.6, 0.9, 0.2, 0.7, 0.8, 0.95]
    assert undecided_band(labels, scores, 0.5) == (pytest.approx(0.15), pytest.approx(0.65))
    assert undecided_band(labels, scores, 0.5, kept=0) == (pytest.approx(0.15), pytest.approx(0.925))
    assert undecided_band(labels, scores, 0.5, kept=1) == (0.5, 0.5)
    assert undecided_band([0, 1], [0.1, 0.9], 0.5) == (0.5, 0.5)
    with pytest.raises(ValueError, match="0 to 1"):
        undecided_band(labels, scores, 0.5, kept=1.5)
