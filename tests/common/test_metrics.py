import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from common.metrics import equal_error_rate, evaluate_pairs
from common.pairs import PairCategory

coarse = st.integers(-4, 4).map(lambda value: value / 4)
cosine = st.floats(-1, 1)
huge = st.floats(-1e307, 1e307, allow_nan=False)
tiny = st.floats(-1e-300, 1e-300)  # subnormal numbers among them
constant = st.just(0.25)


@st.composite
def labelled_scores(draw: st.DrawFn) -> tuple[list[int], list[float]]:
    values = draw(st.sampled_from([coarse, cosine, huge, tiny, constant]))
    pairs = draw(st.lists(st.tuples(st.integers(0, 1), values), min_size=2, max_size=60))
    return [label for label, _ in pairs], [score for _, score in pairs]


def reference(labels: list[int], scores: list[float]) -> tuple[float, float]:
    """EER and the FMR beside it, by the definition."""
    fpr, tpr, _ = roc_curve(labels, scores)
    fnr = 1 - tpr
    i = np.argmin(np.abs(fnr - fpr))
    return float(fnr[i]), float(fpr[i])


def rates_at(labels: list[int], scores: list[float], threshold: float) -> tuple[float, float]:
    accepted, genuine = np.asarray(scores) >= threshold, np.asarray(labels) == 1
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


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(PairCategory)), coarse), min_size=1, max_size=40),
    st.one_of(coarse, st.floats(-1, 1)),
)
def test_the_error_table_equals_a_count_by_hand(
    entries: list[tuple[PairCategory, float]], threshold: float
) -> None:
    report = evaluate_pairs([c for c, _ in entries], [s for _, s in entries], threshold)
    wrong_in_all = 0
    for category in PairCategory:
        wrong = total = 0
        for found, score in entries:
            if found is category:
                total += 1
                should_match = category is PairCategory.SAME_PERSON
                wrong += (score >= threshold) != should_match
        assert (report.by_category[category].errors, report.by_category[category].total) == (wrong, total)
        rate = report.by_category[category].rate
        assert rate == pytest.approx(wrong / total) if total else math.isnan(rate)
        wrong_in_all += wrong
    assert report.threshold == threshold
    assert report.accuracy == pytest.approx(1 - wrong_in_all / len(entries))


def test_synthetic_pairs_count_as_impostors_at_the_eer_threshold() -> None:
    categories = [PairCategory.SAME_PERSON, PairCategory.SYNTHETIC, PairCategory.DIFFERENT_PERSON]
    report = evaluate_pairs(categories, [0.5, 0.9, 0.1])
    assert report.eer == equal_error_rate([1, 0, 0], [0.5, 0.9, 0.1]).eer
    assert report.threshold == report.eer_threshold
    assert report.by_category[PairCategory.DIFFERENT_PERSON].errors == 0
    assert report.by_category[PairCategory.SYNTHETIC].errors == 1


def test_without_an_eer_threshold_there_are_no_error_rates_to_tell() -> None:
    report = evaluate_pairs([PairCategory.SAME_PERSON] * 2, [0.5, 0.9])
    assert math.isnan(report.threshold)
    assert math.isnan(report.accuracy)
