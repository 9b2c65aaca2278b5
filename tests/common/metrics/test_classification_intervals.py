import numpy as np
import pytest
from scipy.stats import norm
from sklearn import metrics

from common.metrics import (
    ClassificationReport,
    evaluate_classification,
    resampling,
    with_classification_intervals,
)


def evaluated(
    labels: np.ndarray, likely: np.ndarray, groups: np.ndarray | None, threshold: float = 0.4
) -> ClassificationReport:
    report = evaluate_classification(labels, likely, groups, threshold)
    return with_classification_intervals(report, labels, likely, groups)


def some_faces(count: int, people: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels, groups = rng.random(count) < 0.4, rng.integers(0, people, count)
    of_person = rng.normal(0, 1, people)[groups]
    return labels, norm.cdf(rng.normal(labels - 0.5, 1) + of_person).round(2), groups


@pytest.mark.slow
@pytest.mark.parametrize("by_group", [True, False])
def test_it_is_the_literal_resampling(monkeypatch: pytest.MonkeyPatch, by_group: bool) -> None:
    monkeypatch.setattr(resampling, "RESAMPLES", 60)
    monkeypatch.setattr(resampling, "FEWEST_RESAMPLES", 1)
    labels, likely, people = some_faces(400, 40)
    groups = people if by_group else np.arange(400)
    report = evaluated(labels, likely, groups)
    rng, count = np.random.default_rng(0), int(groups.max()) + 1
    drawn = []
    for _ in range(60):
        rows = np.concatenate([np.flatnonzero(groups == one) for one in rng.integers(0, count, count)])
        drawn.append(evaluate_classification(labels[rows], likely[rows], threshold=0.4).values())
    assert set(report.intervals) == set(report.values()) - {"ece"}
    for name, interval in report.intervals.items():
        expected = np.percentile([one[name] for one in drawn], [2.5, 97.5])
        assert interval == pytest.approx(expected, abs=1e-9), name


@pytest.mark.slow
def test_the_intervals_are_around_the_figures_and_fixed_by_the_seed() -> None:
    labels, likely, groups = some_faces(500, 50)
    report = evaluated(labels, likely, groups)
    assert evaluated(labels, likely, groups) == report
    assert evaluated(labels, likely, 7 * groups - 100).intervals == report.intervals, "names do not matter"
    for name, (low, high) in report.intervals.items():
        assert low < report.values()[name] < high, name
    by_face = evaluated(labels, likely, None)
    wide, narrow = (found.intervals["bpcer"] for found in (report, by_face))
    assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low)
    assert report.auc == pytest.approx(metrics.roc_auc_score(labels, likely))


def test_no_error_among_few_groups_is_no_proof_of_none() -> None:
    labels = np.repeat([False, True], [30, 300])
    report = evaluated(labels, labels * 0.8, np.arange(330))
    assert (report.decisions.bona_fide.rate, report.decisions.synthetic.rate, report.auc) == (0, 0, 1)
    assert report.intervals["bpcer"] == (0, pytest.approx(3 / 30))
    assert report.intervals["apcer"] == (0, pytest.approx(3 / 300))
    assert report.intervals["auc"] == (pytest.approx(1 - 3 / 30), 1)
    of_one = evaluated(labels, np.where(labels, 0.2, 0.9), np.zeros(330, int))
    assert of_one.intervals["apcer"] == (0, 1), "one group tells nothing of others"
    assert "log_loss" not in of_one.intervals


def test_one_class_has_the_intervals_of_that_class() -> None:
    report = evaluated(np.ones(50, bool), np.linspace(0, 1, 50), None)
    assert {name for name in report.intervals if not name.endswith("_at_half")} == {
        *("accuracy", "recall", "apcer", "log_loss", "brier")
    }
    empty = np.zeros(0, bool)
    assert evaluated(empty, empty.astype(float), None).intervals == {}
