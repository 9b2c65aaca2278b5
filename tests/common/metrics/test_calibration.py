import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from common.metrics.calibration import COLDEST, HOTTEST, fit_temperature
from common.metrics.classification import evaluate_classification


def some_logits(count: int = 4000, confidence: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from honest probabilities, and logits that are too sure of them by a factor."""
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 1.5, count)
    return rng.random(count) < expit(honest), confidence * honest


def test_the_confidence_put_in_comes_out_and_the_figures_better() -> None:
    labels, logits = some_logits()
    found = fit_temperature(labels, logits)
    assert found.value == pytest.approx(3, rel=0.1) and found.doubt == ""
    before = evaluate_classification(labels, expit(logits))
    after = evaluate_classification(labels, expit(logits / found.value))
    assert after.ece < before.ece / 3 and after.log_loss < before.log_loss and after.auc == before.auc


def test_it_is_the_logistic_regression_without_intercept() -> None:
    labels, logits = some_logits(500)
    regression = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10).fit(logits[:, None], labels)
    assert 1 / fit_temperature(labels, logits).value == pytest.approx(float(regression.coef_[0, 0]), rel=1e-6)


@given(st.floats(0.2, 5))
def test_logits_times_a_factor_have_the_temperature_times_the_factor(factor: float) -> None:
    labels, logits = some_logits(200)
    plain = fit_temperature(labels, logits).value
    assert fit_temperature(labels, logits * factor).value == pytest.approx(plain * factor, rel=1e-6)
    assert fit_temperature(~labels, -logits).value == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize(
    ("labels", "logits", "value", "said"),
    [
        ([1, 1], [1.0, -1.0], 1, "one class"),
        ([], [], 1, "one class"),
        ([0, 1], [-0.1, 5.0], 1, "wrong side"),
        ([0, 1], [1.0, -1.0], HOTTEST, "chance"),
        ([0, 1], [0.0, 0.0], HOTTEST, "chance"),
        ([0, 1, 1, 1], [-0.01, 0.01, 0.01, -0.0001], COLDEST, "all but 0"),
    ],
)
def test_what_has_no_temperature_says_so(labels: list, logits: list, value: float, said: str) -> None:
    found = fit_temperature(np.array(labels, bool), logits)
    assert found.value == value and said in found.doubt


def test_logits_as_large_as_floats_go_do_not_overflow() -> None:
    found = fit_temperature([0, 1, 1], np.array([-3e38, 3e38, -1], np.float32))
    assert found.value == HOTTEST and "too sure" in found.doubt
