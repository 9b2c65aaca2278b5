"""Several classifiers on the same faces."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from common.metrics import evaluate_classification
from common.models.cost import cost_of_network
from common.runtime.errors import UserError
from infer.classification.faces import ClassifiedFaces
from infer.report.faces.comparison import auc_differences, cost_of, join_faces
from infer.report.faces.write_comparison import face_comparison_page

Make = Callable[..., ClassifiedFaces]
Parse = Callable[[str], Any]  # to `Page` of conftest.py


def test_figures_and_costs_stand_side_by_side(make_faces: Make, parse: Parse) -> None:
    models = [make_faces(), make_faces(lift=0.2, seed=1), make_faces(seed=2)]
    page = parse(face_comparison_page(models))
    joined = join_faces(models).results
    reports = [
        evaluate_classification(faces.label == 1, faces.probability, threshold=0.55) for faces in joined
    ]
    for letter, report in zip("ABC", reports, strict=True):
        cells = next(cells for cells in page.rows if cells[0].strip() == letter)
        rates = [report.log_loss, report.decisions.accuracy, report.decisions.f1, report.auc]
        assert cells[1:5] == [f"{rate:.4f}" for rate in rates]
        assert float(cells[5]) == pytest.approx(
            cost_of_network("timm:test_resnet", 32).parameters / 1e6, rel=0.01
        )
    assert "worse than A" in page.row("B")[5] and "chance" in page.row("C")[5]
    paths = [found for found in page.all("path") if "data-points" in found]
    assert [found["class"] for found in paths] == ["curve first", "curve second", "curve third"] * 2


def test_the_difference_is_of_the_same_resamples(make_faces: Make) -> None:
    first, second = make_faces(), make_faces(lift=0.2, seed=1)
    same = join_faces([first, second])
    (interval,) = auc_differences(same)
    aucs = [evaluate_classification(one.label == 1, one.probability).auc for one in same.results]
    assert interval is not None and interval.low < aucs[1] - aucs[0] < interval.high < 0
    (apart,) = auc_differences(join_faces([first, replace(second, logit=-second.logit)]))
    assert apart is not None and apart.high < -0.1
    (equal,) = auc_differences(join_faces([first, first]))
    assert (equal.low, equal.high) == (0, 0)
    doubled = replace(first, logit=2 * first.logit)
    (ranked_alike,) = auc_differences(join_faces([first, doubled]))
    count = int(np.bincount(join_faces([first, doubled]).results[0].label).min())
    assert (ranked_alike.low, ranked_alike.high, ranked_alike.pairs) == (-3 / count, 3 / count, count)


def test_faces_that_one_lacks_are_left_out_and_others_refused(make_faces: Make, parse: Parse) -> None:
    faces = make_faces()
    renamed = replace(faces, path=["other", *faces.path[1:]])
    same = join_faces([faces, renamed])
    assert same.left_out == 2 + len(faces.rejected) and len(same.results[0]) == faces.measured[1:].sum()
    text = parse(face_comparison_page([faces, renamed])).text
    assert f"{same.left_out} faces or images that some of them lack" in text
    with pytest.raises(UserError, match=r"'real/0\.jpg' has another label in the results of logs/model0"):
        join_faces([faces, replace(faces, label=1 - faces.label)])
    with pytest.raises(UserError, match="no face in common"):
        join_faces([faces, replace(faces, path=[f"x{path}" for path in faces.path])])
    with pytest.raises(UserError, match="images of one name"):
        join_faces([faces, replace(faces, path=["a"] * len(faces))])
    with pytest.raises(UserError, match="compare at most 5"):
        face_comparison_page([faces] * 6)
    with pytest.raises(UserError, match="none of the faces has a label"):
        face_comparison_page([make_faces([-1] * 20)] * 2)


def test_one_class_and_unknown_networks_have_a_page(make_faces: Make, parse: Parse) -> None:
    faces = make_faces([1] * 30)
    card = faces.models[0].model_copy(update={"network": "mine"})
    own = replace(faces, models=(card,))
    assert cost_of(own) is None
    both = cost_of(replace(faces, models=faces.models * 2))
    assert both is not None and both.parameters == 2 * cost_of_network("timm:test_resnet", 32).parameters
    html = face_comparison_page([faces, own])
    assert "there is no AUC" in parse(html).text and not re.search(r"\bnan\b|None", html)


def test_hostile_names_stay_names(make_faces: Make, parse: Parse) -> None:
    evil = '"><script>alert(1)</script>'
    faces = make_faces()
    card = faces.models[0].model_copy(update={"file": evil, "trained_on": evil, "recipe": evil})
    html = face_comparison_page([faces, replace(faces, name=evil, source=evil, models=(card,))])
    assert len(parse(html).all("script")) == 1 and "<script>alert" not in html
    assert not re.search(r"https?:|url\((?!#)", html)
