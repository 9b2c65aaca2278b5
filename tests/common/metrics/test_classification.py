import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from common.metrics import equal_error_rate
from common.metrics.classification import evaluate_classification


def some_faces(count: int, seed: int = 0, digits: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and probabilities with ties that are right more often than not."""
    rng = np.random.default_rng(seed)
    labels = rng.random(count) < 0.3
    return labels, (1 / (1 + np.exp(-rng.normal(2 * labels - 1, 1.5)))).round(digits)


@pytest.mark.parametrize("digits", [1, 3, 12])
def test_the_figures_are_those_of_scikit_learn(digits: int) -> None:
    labels, likely = some_faces(2000, digits=digits)
    report = evaluate_classification(labels, likely, threshold=0.3)
    found = report.values()
    assert report.auc == pytest.approx(metrics.roc_auc_score(labels, likely), abs=1e-12)
    assert report.average_precision == pytest.approx(
        metrics.average_precision_score(labels, likely), abs=1e-12
    )
    assert report.log_loss == pytest.approx(metrics.log_loss(labels, likely), rel=1e-12)
    assert report.brier == pytest.approx(metrics.brier_score_loss(labels, likely), rel=1e-12)
    assert (report.eer, report.eer_threshold) == tuple(asdict(equal_error_rate(labels, likely)).values())
    for suffix, threshold in (("", 0.3), ("_at_half", 0.5)):
        called = likely >= threshold
        expected = {
            "accuracy": metrics.accuracy_score(labels, called),
            "balanced_accuracy": metrics.balanced_accuracy_score(labels, called),
            "precision": metrics.precision_score(labels, called),
            "recall": metrics.recall_score(labels, called),
            "bona_fide_accuracy": metrics.recall_score(labels, called, pos_label=0),
            "f1": metrics.f1_score(labels, called),
            "macro_f1": metrics.f1_score(labels, called, average="macro"),
            "apcer": 1 - metrics.recall_score(labels, called),
            "bpcer": np.mean(called[~labels]),
        }
        for name, value in expected.items():
            assert found[name + suffix] == pytest.approx(value, abs=1e-12), name
    assert report.decisions.matrix == tuple(map(tuple, metrics.confusion_matrix(labels, likely >= 0.3)))


def test_the_calibration_error_by_hand() -> None:
    labels, likely = [0, 1, 1, 0, 1], [0.02, 0.04, 0.5, 0.5, 1.0]
    report = evaluate_classification(labels, likely)
    counts = [one.faces for one in report.reliability]
    assert counts == [2, *[0] * 6, 2, *[0] * 6, 1]
    assert report.reliability[0][3:] == (pytest.approx(0.03), 0.5)
    assert report.ece == pytest.approx((2 * 0.47 + 0 + 0) / 5)
    assert math.isnan(report.reliability[1].synthetic_share)


def test_faces_at_the_threshold_are_called_synthetic() -> None:
    report = evaluate_classification([0, 1, 1], [0.2, 0.7, 0.9], threshold=0.7)
    assert report.decisions.matrix == ((1, 0), (0, 2))
    assert report.groups == 3
    assert evaluate_classification([0, 1, 1], [0.2, 0.7, 0.9], [7, 7, 3]).groups == 2


@pytest.mark.parametrize("labels", [[0, 0], [1, 1], []])
def test_one_class_leaves_undefined_what_takes_both(labels: list[int]) -> None:
    found = evaluate_classification(labels, np.linspace(0.2, 0.8, len(labels))).values()
    for name in ("auc", "average_precision", "eer", "precision", "f1", "macro_f1", "balanced_accuracy"):
        assert math.isnan(found[name]), name
    assert math.isnan(found["apcer"]) == (1 not in labels)
    assert math.isnan(found["bpcer"]) == (0 not in labels)
    for name in ("accuracy", "log_loss", "brier", "ece"):
        assert math.isnan(found[name]) == (not labels), name


def test_certain_and_wrong_is_a_finite_loss() -> None:
    report = evaluate_classification([0, 1], [1.0, 0.0])
    assert report.log_loss == pytest.approx(-math.log(np.finfo(np.float64).eps))
    assert (report.auc, report.eer, report.brier, report.decisions.f1) == (0, 1, 1, 0)
    assert math.isnan(evaluate_classification([0, 1], [0.1, 0.2]).decisions.precision), "none is called so"


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8).map(lambda eighths: eighths / 8)), max_size=30))
def test_turning_both_classes_round_keeps_what_is_symmetric(faces: list[tuple[bool, float]]) -> None:
    labels, likely = np.array([face[0] for face in faces], bool), np.array([face[1] for face in faces])
    report, turned = evaluate_classification(labels, likely), evaluate_classification(~labels, 1 - likely)
    for name in ("auc", "log_loss", "brier"):
        assert getattr(report, name) == pytest.approx(getattr(turned, name), abs=1e-12, nan_ok=True)
    order = np.random.default_rng(0).permutation(len(faces))
    assert evaluate_classification(labels[order], likely[order]).values() == pytest.approx(
        report.values(), abs=1e-12, nan_ok=True
    )


@pytest.mark.parametrize(
    ("labels", "likely", "groups", "said"),
    [
        ([0, 2], [0.1, 0.2], None, "0 or 1"),
        ([0, 1], [0.1, 1.2], None, "0 to 1"),
        ([0, 1], [0.1, math.nan], None, "finite"),
        ([0, 1], [0.1], None, "equally long"),
        ([0, 1], [0.1, 0.2], [1], "one for each of 2 faces"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(labels: list, likely: list, groups: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        evaluate_classification(labels, likely, groups)
