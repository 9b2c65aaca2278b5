import numpy as np
import pytest
from sklearn.metrics import average_precision_score, top_k_accuracy_score

from common.metrics.identification import evaluate_identification


def test_figures_are_those_of_the_definitions() -> None:
    hits = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]], np.bool_)
    report = evaluate_identification(hits, [2, 3, 1, 0], [0, 0, 1, 2])
    assert (report.probes, report.people) == (3, 2)  # the last one has no mate
    assert report.cmc == pytest.approx({1: 1 / 3, 5: 2 / 3, 10: 2 / 3})
    assert report.map_at_10 == pytest.approx(((1 + 2 / 3) / 2 + (1 / 4) / 3 + 0) / 3)
    low, high = report.intervals["cmc/1"]
    assert 0 == low < report.cmc[1] < high == 1 / 2  # of two people one may be drawn twice


def test_figures_agree_with_sklearn() -> None:
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(10), 4)
    scores = rng.normal(size=(40, 10)) + 2 * np.eye(10)[people]  # one photograph of each of ten people
    order = np.argsort(-scores, axis=1)
    report = evaluate_identification(order == people[:, None], np.ones(40, int), people)
    for rank in (1, 5):
        assert report.cmc[rank] == pytest.approx(top_k_accuracy_score(people, scores, k=rank))
    precisions = [
        average_precision_score(np.arange(10) == who, row) for who, row in zip(people, scores, strict=True)
    ]
    assert report.map_at_10 == pytest.approx(np.mean(precisions))


def test_without_probes_nothing_is_defined_and_misfits_are_refused() -> None:
    report = evaluate_identification(np.empty((1, 0), np.bool_), [0], [0])
    assert report.probes == 0 and np.isnan([*report.cmc.values(), report.map_at_10]).all()
    assert report.intervals == {}
    with pytest.raises(ValueError, match="must fit"):
        evaluate_identification(np.zeros((2, 3), np.bool_), [1], [0, 1])
