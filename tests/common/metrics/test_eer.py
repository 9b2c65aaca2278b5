import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from sklearn.metrics import roc_curve

from common.metrics import equal_error_rate

coarse = st.integers(-4, 4).map(lambda value: value / 4)
cosine = st.floats(-1, 1)
huge = st.floats(-1e307, 1e307, allow_nan=False)
single = st.floats(-1, 1, width=32)
tiny = st.floats(-1e-300, 1e-300)  # subnormal numbers among them
constant = st.just(0.25)


@st.composite
def labelled_scores(draw: st.DrawFn) -> tuple[list[int], list[float]]:
    values = draw(st.sampled_from([coarse, cosine, single, huge, tiny, constant]))
    pairs = draw(st.lists(st.tuples(st.integers(0, 1), values), min_size=2, max_size=60))
    return [label for label, _ in pairs], [score for _, score in pairs]


@st.composite
def runs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Long stretches of one class, of scores that differ or not: straight lines in the ROC curve."""
    lengths = draw(
        st.lists(st.tuples(st.booleans(), st.integers(1, 400), st.integers(1, 3)), min_size=2, max_size=9)
    )
    labels = np.repeat([label for label, _, _ in lengths], [length for _, length, _ in lengths])
    steps = np.concatenate([np.arange(length) % tied == 0 for _, length, tied in lengths])
    scores = -np.cumsum(steps).astype(draw(st.sampled_from([np.float32, np.float64])))
    return labels, scores


def reference(labels: ArrayLike, scores: ArrayLike) -> tuple[float, float]:
    """EER and the FMR beside it, by the definition."""
    fpr, tpr, _ = roc_curve(labels, scores)
    fnr = 1 - tpr
    i = np.argmin(np.abs(fnr - fpr))
    return float(fnr[i]), float(fpr[i])


def rates_at(labels: ArrayLike, scores: ArrayLike, threshold: float) -> tuple[float, float]:
    accepted = np.asarray(scores, np.float64) >= threshold
    genuine = np.asarray(labels) == 1
    return float(np.mean(~accepted[genuine])), float(np.mean(accepted[~genuine]))


@settings(max_examples=600, deadline=None)
@given(labelled_scores())
@example(([1, 0], [0.5, 0.5]))
@example(([0, 1], [0.7, 0.3]))
@example(([1, 0, 1, 0], [0.9, 0.9, 0.1, 0.1]))
@example(([1, 0, 0], [5e-324, 0.0, -5e-324]))
def test_eer_is_that_of_the_reference_and_its_threshold_reproduces_it(
    data: tuple[list[int], list[float]],
) -> None:
    labels, scores = data
    point = equal_error_rate(labels, scores)
    if len(set(labels)) == 1:
        assert math.isnan(point.eer) and math.isnan(point.threshold)
        return
    eer, fmr = reference(labels, scores)
    assert point.eer == eer
    assert rates_at(labels, scores, point.threshold) == pytest.approx((eer, fmr), abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_eer_on_thousands_of_overlapping_scores_equals_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 3000)
    scores = rng.normal(labels * rng.uniform(0, 4), 1).round(int(rng.integers(1, 6)))
    point = equal_error_rate(labels, scores)
    eer, fmr = reference(labels.tolist(), scores.tolist())
    assert point.eer == eer
    assert rates_at(labels.tolist(), scores.tolist(), point.threshold) == pytest.approx((eer, fmr), abs=1e-12)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(runs())
def test_eer_of_long_runs_of_one_class_equals_the_reference(data: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = data
    if labels.all() or not labels.any():
        return
    point = equal_error_rate(labels, scores)
    eer, fmr = reference(labels, scores)
    assert point.eer == eer
    assert rates_at(labels, scores, point.threshold) == pytest.approx((eer, fmr), abs=1e-12)


@pytest.mark.parametrize("decimals", [1, 2, 7])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.9])
def test_eer_of_float32_scores_equals_the_reference(decimals: int, share: float) -> None:
    rng = np.random.default_rng(decimals)
    labels = rng.random(50_000) < share
    scores = rng.normal(0.4 * labels, 0.2).astype(np.float32).round(decimals)
    point = equal_error_rate(labels, scores)
    eer, fmr = reference(labels, scores)
    assert point.eer == eer
    assert rates_at(labels, scores, point.threshold) == pytest.approx((eer, fmr), abs=1e-12)


@pytest.mark.parametrize("gap", [-1, 0, 1])
def test_thousands_of_separable_or_equal_scores(gap: int) -> None:
    labels = np.repeat([True, False], 5000)
    scores = gap * labels + np.tile(np.linspace(0, abs(gap) / 2, 5000), 2)
    point = equal_error_rate(labels, scores)
    assert point.eer == reference(labels, scores)[0] == (0 if gap == 1 else 1)


def test_the_threshold_of_separable_scores_lies_in_the_middle_of_the_gap() -> None:
    point = equal_error_rate([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1])
    assert point.eer == 0
    assert point.threshold == pytest.approx(0.5)


@pytest.mark.parametrize("labels", [[1, 1], [0, 0], []])
def test_one_sided_input_has_no_eer(labels: list[int]) -> None:
    point = equal_error_rate(labels, [0.5] * len(labels))
    assert math.isnan(point.eer) and math.isnan(point.threshold)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        equal_error_rate([1, 0], [0.5, bad])


@pytest.mark.parametrize(("labels", "scores"), [([1, 0, 1], [0.1, 0.2]), ([1], []), ([[1, 0]], [[0.1, 0.2]])])
def test_vectors_of_different_length_or_rank_are_refused(labels: list, scores: list) -> None:
    with pytest.raises(ValueError, match="equally long"):
        equal_error_rate(labels, scores)
