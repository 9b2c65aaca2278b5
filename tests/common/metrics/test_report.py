import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.formats.pair_category import PairCategory
from common.metrics import equal_error_rate, evaluate_pairs

coarse = st.integers(-4, 4).map(lambda value: value / 4)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(list(PairCategory)), coarse), min_size=1, max_size=40),
    st.one_of(coarse, st.floats(-1, 1)),
)
def test_the_error_table_equals_a_count_by_hand(
    entries: list[tuple[PairCategory, float]], threshold: float
) -> None:
    report = evaluate_pairs([c.code for c, _ in entries], [s for _, s in entries], threshold)
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
    report = evaluate_pairs([category.code for category in categories], [0.5, 0.9, 0.1])
    assert report.eer == equal_error_rate([1, 0, 0], [0.5, 0.9, 0.1]).eer
    assert report.threshold == report.eer_threshold
    assert report.by_category[PairCategory.DIFFERENT_PERSON].errors == 0
    assert report.by_category[PairCategory.SYNTHETIC].errors == 1


def test_without_an_eer_threshold_there_are_no_error_rates_to_tell() -> None:
    report = evaluate_pairs([PairCategory.SAME_PERSON.code] * 2, [0.5, 0.9])
    assert math.isnan(report.threshold)
    assert math.isnan(report.accuracy)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), coarse), min_size=1, max_size=40))
def test_the_eer_of_a_category_leaves_the_other_impostors_out(entries: list[tuple[int, float]]) -> None:
    codes, scores = np.array(entries).T
    report = evaluate_pairs(codes.astype(np.int8), scores)
    assert list(report.eer_by_category) == [PairCategory.DIFFERENT_PERSON, PairCategory.SYNTHETIC]
    for category, eer in report.eer_by_category.items():
        kept = (codes == category.code) | (codes == PairCategory.SAME_PERSON.code)
        expected = equal_error_rate(codes[kept] == PairCategory.SAME_PERSON.code, scores[kept]).eer
        assert eer == expected or (math.isnan(eer) and math.isnan(expected))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=20), st.floats(-1, 1))
def test_float32_scores_are_held_against_the_very_threshold(scores: list[float], threshold: float) -> None:
    codes = np.zeros(len(scores), np.int8)
    report = evaluate_pairs(codes, np.array(scores, np.float32), threshold)
    assert report.by_category[PairCategory.SAME_PERSON].errors == sum(score < threshold for score in scores)


@pytest.mark.parametrize("threshold", [-1e300, 1e300])
def test_a_threshold_beyond_float32_accepts_all_or_nothing(threshold: float) -> None:
    report = evaluate_pairs([1, 2], np.array([0.5, -0.5], np.float32), threshold)
    assert report.accuracy == (threshold > 0)


@pytest.mark.parametrize("codes", [[0, 3], [0, -1], [0.0, 1.0], ["same_person", "synthetic"], [True, False]])
def test_what_is_not_a_code_is_refused(codes: list) -> None:
    with pytest.raises(ValueError, match="codes of PairCategory"):
        evaluate_pairs(codes, [0.5, 0.1])


def test_vectors_of_different_length_and_scores_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        evaluate_pairs([0, 1, 2], [0.5, 0.1])
    with pytest.raises(ValueError, match="finite"):
        evaluate_pairs([0, 1], [0.5, math.nan])


def test_no_pairs_at_all_have_no_rates() -> None:
    report = evaluate_pairs([], [])
    assert math.isnan(report.eer) and math.isnan(report.accuracy) and report.tar_at_fmr == {}
    assert all(found.total == 0 for found in report.by_category.values())
