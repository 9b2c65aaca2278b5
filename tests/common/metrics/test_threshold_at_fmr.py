import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.metrics import evaluate_pairs
from common.metrics.sorted_scores import SortedScores
from common.metrics.threshold_at_fmr import impostors_needed, impostors_to_trust, threshold_at_fmr

coarse = st.integers(-4, 4).map(lambda value: value / 4)
scores = st.one_of(coarse, st.floats(-1, 1), st.floats(-1, 1, width=32))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(
    st.lists(scores, max_size=20),
    st.lists(scores, min_size=1, max_size=40),
    st.one_of(st.sampled_from([0.01, 0.05, 0.1, 0.25, 1 / 3, 0.5]), st.floats(0.001, 0.999)),
    st.sampled_from([np.float32, np.float64]),
)
def test_within_the_fmr_and_beyond_it_at_the_next_lower_score(
    genuine: list[float], impostor: list[float], fmr: float, kind: type
) -> None:
    accepted, barred = np.sort(np.array(genuine, kind)), np.sort(np.array(impostor, kind))
    threshold = threshold_at_fmr(SortedScores(accepted, barred), fmr)
    everything = np.concatenate([accepted, barred]).astype(np.float64)
    assert np.mean(barred.astype(np.float64) >= threshold) <= fmr
    lower = everything[everything < threshold].max()
    assert np.mean(barred.astype(np.float64) >= lower) > fmr


@pytest.mark.parametrize("seed", range(5))
def test_the_genuine_pairs_accepted_are_those_of_the_tar(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = np.repeat([0, 1, 2], [500, 2000, 1500])
    values = rng.normal(1.5 * (codes == 0), 1).round(seed)
    apart = SortedScores(np.sort(values[codes == 0]), np.sort(values[codes > 0]))
    report = evaluate_pairs(codes, values)
    for fmr, tar in report.tar_at_fmr.items():
        assert np.mean(values[codes == 0] >= threshold_at_fmr(apart, fmr)) == tar
    assert list(report.tar_at_fmr) == [1e-2, 1e-3]


def test_it_lies_midway_so_that_it_does_not_hang_on_a_last_bit() -> None:
    assert threshold_at_fmr(SortedScores(np.array([0.8]), np.array([0.1, 0.2, 0.4])), 0.1) == pytest.approx(
        0.6
    )
    assert threshold_at_fmr(SortedScores(np.array([0.1]), np.array([0.2, 0.4])), 0.5) == pytest.approx(0.3)


def test_neighbouring_numbers_and_nothing_above() -> None:
    above = math.nextafter(0.4, 1)
    assert threshold_at_fmr(SortedScores(np.array([above]), np.array([0.4])), 0.5) == above
    assert threshold_at_fmr(SortedScores(np.array([0.3]), np.array([0.4])), 0.5) == above


@pytest.mark.parametrize("fmr", [0, 1, -0.1, math.nan])
def test_what_is_no_rate_is_refused(fmr: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        threshold_at_fmr(SortedScores(np.zeros(1), np.zeros(1)), fmr)


def test_without_impostors_there_is_no_fmr() -> None:
    with pytest.raises(ValueError, match="no impostor"):
        threshold_at_fmr(SortedScores(np.zeros(1), np.zeros(0)), 0.1)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.floats(1e-6, 0.99), st.integers(2, 10**6).map(lambda count: 1 / count)))
def test_the_pairs_needed_are_the_fewest(fmr: float) -> None:
    needed = impostors_needed(fmr)
    assert 1 / needed <= fmr and (needed == 1 or 1 / (needed - 1) > fmr)


def test_the_rule_of_three() -> None:
    assert [impostors_to_trust(fmr) for fmr in (1e-2, 1e-3, 1e-4)] == [300, 3000, 30_000]
    assert [impostors_needed(fmr) for fmr in (1e-2, 1e-3, 1e-4, 1e-5)] == [100, 1000, 10_000, 100_000]
