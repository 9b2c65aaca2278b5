import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.metrics import evaluate_pairs
from common.metrics.true_accepts import allowed_accepts


def literal(genuine: np.ndarray, impostor: np.ndarray, target: float) -> float:
    """The TAR at the most permissive of all thresholds that differ whose FMR is within the target."""
    best = 0.0
    for threshold in np.unique(np.concatenate([genuine, impostor])):
        if np.mean(impostor >= threshold) <= target:
            best = max(best, float(np.mean(genuine >= threshold)))
    return best


@pytest.mark.parametrize(
    ("impostors", "targets"), [(299, []), (300, [1e-2]), (2999, [1e-2]), (3000, [1e-2, 1e-3])]
)
def test_a_rate_is_told_only_where_the_impostors_suffice(impostors: int, targets: list[float]) -> None:
    codes = np.repeat([0, 1], [5, impostors])
    assert list(evaluate_pairs(codes, np.linspace(1, -1, len(codes))).tar_at_fmr) == targets


def test_thirty_thousand_impostors_tell_of_one_in_ten_thousand() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [1000, 20_000, 10_000])
    scores = rng.normal(3.0 * (codes == 0), 1)
    found = evaluate_pairs(codes, scores).tar_at_fmr
    cut = np.sort(scores[codes > 0])[::-1]
    assert found == {
        target: np.mean(scores[codes == 0] > cut[allowed])
        for target, allowed in ((1e-2, 300), (1e-3, 30), (1e-4, 3))
    }
    assert found[1e-2] > found[1e-3] > found[1e-4] > 0


@pytest.mark.parametrize("decimals", [0, 1, 2, 6])
@pytest.mark.parametrize("shift", [-2, 0, 2, 20])
def test_it_is_that_of_a_search_through_all_thresholds(decimals: int, shift: float) -> None:
    rng = np.random.default_rng(decimals)
    codes = np.repeat([0, 1, 2], [100, 330, 120])
    scores = rng.normal(shift * (codes == 0), 1).round(decimals)
    found = evaluate_pairs(codes, scores).tar_at_fmr
    assert found == {1e-2: pytest.approx(literal(scores[codes == 0], scores[codes > 0], 1e-2), abs=1e-12)}


def test_without_genuine_pairs_there_is_none() -> None:
    assert evaluate_pairs(np.ones(500, np.int8), np.linspace(0, 1, 500)).tar_at_fmr == {}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([1e-2, 1e-3, 1e-4]), st.integers(1, 10**7))
def test_the_accepts_allowed_are_the_most_within_the_target(target: float, negatives: int) -> None:
    allowed = allowed_accepts(target, negatives)
    assert allowed / negatives <= target < (allowed + 1) / negatives
