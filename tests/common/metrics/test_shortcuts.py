import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from common.metrics.shortcuts import find_shortcuts


def test_measures_that_tell_the_classes_are_named_whichever_way_they_lie() -> None:
    rng = np.random.default_rng(0)
    labels = rng.random(1000) < 0.5
    blurred, noise = rng.normal(-1.0 * labels, 1), rng.normal(0, 1, 1000)
    found = find_shortcuts(labels, {"noise": noise, "sharpness": blurred, "jpeg": labels.astype(float)})
    assert [one.name for one in found] == ["jpeg", "sharpness", "noise"]
    assert [one.is_shortcut for one in found] == [True, True, False]
    assert [one.synthetic_is_higher for one in found[:2]] == [True, False]
    assert found[1].auc == pytest.approx(1 - roc_auc_score(labels, blurred))
    assert found[0].auc == 1


def test_faces_without_a_value_are_left_out_and_counted() -> None:
    tables = np.array([10.0, 20, math.nan, 20, 30, math.nan])
    (found,) = find_shortcuts([0, 0, 0, 1, 1, 1], {"jpeg_table": tables})
    assert (found.bona_fide, found.synthetic) == (2, 2)
    assert found.auc == pytest.approx(roc_auc_score([0, 0, 1, 1], tables[~np.isnan(tables)]))
    assert not found.is_shortcut, "four faces may lie so by chance"
    one_sided = find_shortcuts([0, 0, 1], {"none": np.array([1, 2, math.nan]), "all": np.arange(3.0)})
    assert [one.name for one in one_sided] == ["all", "none"]
    assert math.isnan(one_sided[1].auc) and not one_sided[1].is_shortcut


def test_a_measure_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="pixels"):
        find_shortcuts([0, 1], {"pixels": np.arange(3.0)})
