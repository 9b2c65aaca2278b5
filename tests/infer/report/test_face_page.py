"""The page of one classifier."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from common.metrics import evaluate_classification
from infer.classification.faces import ClassifiedFaces
from infer.classification.shown import ShownFaces
from infer.report.faces.write import TITLES, face_report_page

Make = Callable[..., ClassifiedFaces]
Shown = Callable[[ClassifiedFaces], ShownFaces]
Parse = Callable[[str], Any]  # to `Page` of conftest.py


def test_every_figure_stands_in_the_page(make_faces: Make, shown_of: Shown, parse: Parse) -> None:
    faces = make_faces()
    page = parse(face_report_page(faces, shown_of(faces)))
    rows = faces.measured
    labels, likely = faces.label[rows] == 1, faces.probability[rows]
    report = evaluate_classification(labels, likely, faces.group[rows], 0.55)
    values = report.values()
    for name, (title, what) in TITLES.items():
        cells = page.row(f"{title} {what}")
        assert cells[1] == f"{values[name]:.4f}"
        assert (" to " in cells[2]) == (name != "ece")
        assert cells[3] == (f"{values[f'{name}_at_half']:.4f}" if f"{name}_at_half" in values else "")
    assert set(values) == {*TITLES, *(f"{name}_at_half" for name in TITLES if f"{name}_at_half" in values)}
    before = evaluate_classification(labels, 1 / (1 + np.exp(-2 * faces.logit[rows]))).ece
    told = re.search(r"([\d.]+) % without the temperature 2\.000", page.text)
    assert told is not None and float(told[1]) == pytest.approx(100 * before, rel=0.01)
    paths = [found for found in page.all("path") if "data-points" in found]
    assert [found["data-rates"] for found in paths] == ["BPCER|APCER|1 − APCER"] * 2
    assert {"det-plot", "roc-plot", "reliability-plot", "scores-plot"} <= {
        found.get("id") for found in page.all("svg")
    }


def test_verdicts_are_counted_as_they_were_given(make_faces: Make, shown_of: Shown, parse: Parse) -> None:
    faces = make_faces()
    page = parse(face_report_page(faces, shown_of(faces)))
    for name, label in (("bona fide", 0), ("synthetic", 1)):
        counts = np.bincount(faces.verdict_codes[faces.label == label], minlength=5)
        cells = next(cells for cells in page.rows if len(cells) == 7 and cells[0] == name)
        assert [int(cell.split()[0]) for cell in cells[1:]] == [*counts.tolist(), 90]
    band = (faces.probability >= 0.4) & (faces.probability < 0.62)
    assert f"{band.sum()} labelled faces are undecided so" in page.text
    assert f"{len(faces.rejected)} of 180 images gave no face with a score" in page.text
    assert "comes from: the EER of 500 crops held out" in page.text


def test_species_stand_worst_first_and_shortcuts_are_named(
    make_faces: Make, shown_of: Shown, parse: Parse
) -> None:
    faces = make_faces()
    page = parse(face_report_page(faces, shown_of(faces)))
    rates = [float(page.row(name)[1].removesuffix(" %")) for name in ("swap", "gan")]
    listed = [cells[0] for cells in page.rows if cells and cells[0] in ("swap", "gan")]
    assert listed == (["swap", "gan"] if rates[0] >= rates[1] else ["gan", "swap"])
    assert page.row("sharpness of the crop")[0].endswith("shortcut")
    assert not page.row("brightness of the crop")[0].endswith("shortcut")
    assert "Careful: sharpness of the crop alone tells the classes" in page.text
    matched = re.search(r"Over (\d+) pairs of a bona fide.*the AUC of the classifier is (0\.\d+)", page.text)
    assert matched is not None and 20 < int(matched[1]) < 90
    without = parse(face_report_page(replace(faces, measures={}), shown_of(faces)))
    assert "The results hold no measures" in without.text and "Careful" not in without.text


def test_few_matched_pairs_tell_nothing(make_faces: Make, shown_of: Shown, parse: Parse) -> None:
    faces = make_faces(labels=[0, 1] * 35)
    page = parse(face_report_page(faces, shown_of(faces)))
    told = re.search(r"Only (\d+) pairs? of a bona fide and a synthetic face are alike", page.text)
    assert told is not None and 0 < int(told[1]) < 10
    assert "the AUC of the classifier is" not in page.text


def test_the_hardest_faces_are_shown_with_their_heat_maps(
    make_faces: Make, shown_of: Shown, parse: Parse
) -> None:
    faces = make_faces()
    shown = shown_of(faces)
    plain = parse(face_report_page(faces, shown))
    assert len(plain.all("img")) == 24 and "hot ones" not in plain.text
    heat = {int(shown.rows[0]): shown.crops[0]}
    heated = parse(face_report_page(faces, shown, heat))
    assert len(heated.all("img")) == 25 and "hot ones red to yellow" in heated.text
    assert heated.text.count("✕ wrongly bona fide") > 3


@pytest.mark.parametrize(("labels", "told"), [([-1] * 30, "Without labels"), ([1] * 30, "are of one class")])
def test_without_both_classes_there_is_still_a_page(
    make_faces: Make, shown_of: Shown, parse: Parse, labels: list[int], told: str
) -> None:
    faces = make_faces(labels)
    page = parse(face_report_page(faces, shown_of(faces)))
    assert told in page.text and not re.search(r"\bnan\b|None", page.text)
    none = replace(
        faces, logit=np.full(30, np.nan), rejected=dict.fromkeys(range(30), "no face found"), measures={}
    )
    page = parse(face_report_page(none, shown_of(none)))
    assert "No face was found, so there are no scores" in page.text and "30 of 30 images" in page.text


def test_hostile_names_stay_names(make_faces: Make, shown_of: Shown, parse: Parse) -> None:
    evil = '"><script>alert(1)</script>'
    faces = make_faces()
    card = faces.models[0].model_copy(
        update={"file": evil, "network": evil, "recipe": evil, "trained_on": evil}
    )
    faces = replace(
        faces,
        name=evil,
        source=evil,
        models=(card, card),
        path=[f"{evil}{path}" for path in faces.path],
        species=[evil + name for name in faces.species],
        notes=(evil,),
        rejected=dict.fromkeys(faces.rejected, evil),
    )
    html = face_report_page(faces, shown_of(faces))
    assert len(parse(html).all("script")) == 1 and "<script>alert" not in html
    assert not re.search(r"https?:|url\((?!#)", html)
