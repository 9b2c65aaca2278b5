import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from common.metrics import evaluate_pairs
from infer.output.results import Results
from infer.report.differences import disagreement, join
from infer.report.write_comparison import comparison_page

Make = Callable[..., Results]
Parse = Callable[[str], Any]  # to `Page` of conftest.py


@pytest.fixture
def better_and_worse(random_results: Make) -> tuple[Results, Results]:
    worse = random_results(1)
    noise = np.random.default_rng(0).normal(0, 0.1, len(worse.ids))
    lifted = worse.similarity + noise + np.where(worse.categories == 0, 0.15, -0.1)
    return replace(worse, similarity=lifted.clip(-1, 1)), worse


def test_both_models_side_by_side(better_and_worse: tuple[Results, Results], parse: Parse) -> None:
    better, worse = better_and_worse
    page = parse(comparison_page(worse, better))
    eers = [
        evaluate_pairs(found.categories[found.compared], found.similarity[found.compared]).eer
        for found in (worse, better)
    ]
    _, *cells = page.row("EER against all impostors")
    assert [float(cell.removesuffix(" %")) for cell in cells[:2]] == pytest.approx(
        [100 * eer for eer in eers], abs=0.06
    )
    assert float(cells[2].replace("−", "-")) == pytest.approx(100 * (eers[1] - eers[0]), abs=0.006)
    assert "B is better on pairs like these" in page.text
    assert "A is better on pairs like these" in parse(comparison_page(better, worse)).text
    assert "it may be chance" in parse(comparison_page(worse, worse)).text
    paths = [found for found in page.all("path") if "data-points" in found]
    assert [found["data-label"] for found in paths] == ["A: model.pt", "B: model.pt"] * 2


def test_the_pairs_with_differing_verdicts_are_counted_and_listed(
    better_and_worse: tuple[Results, Results], parse: Parse
) -> None:
    better, worse = better_and_worse
    page = parse(comparison_page(worse, better))
    found = disagreement(join(worse, better))
    assert f"different verdicts on {len(found.rows)} of {worse.compared.sum()} pairs" in page.text
    assert f"A alone is right on {found.first_right}, B alone on {found.second_right}" in page.text
    shown = join(worse, better).first
    listed = [cells[0] for cells in page.rows if re.fullmatch(r"pair\d{5}", cells[0])]
    assert listed == [shown.ids[row] for row in found.rows[:100]]
    assert page.all("img")


def test_pairs_that_one_lacks_are_left_out_and_counted(random_results: Make, parse: Parse) -> None:
    whole = random_results(1)
    part = replace(random_results(2), ids=["other", *whole.ids[1:]])
    text = parse(comparison_page(whole, part)).text
    assert "1 that only A has been given and 1 that only B has been given are left out" in text
    both = (whole.compared & part.compared)[1:].sum()
    assert f"{both} pairs that both have compared" in text


def test_models_without_errors_are_bounded_by_the_rule_of_three(make_results: Make, parse: Parse) -> None:
    codes = [0] * 60 + [1] * 100
    first, second = (make_results(codes, [high] * 60 + [0.1] * 100, size=16) for high in (0.8, 0.9))
    text = parse(comparison_page(first, second)).text
    assert "between \N{MINUS SIGN}5.00 and +5.00" in text and "rule of three" in text
    assert "do not tell which one is better" in text


def test_pairs_without_two_faces_are_told_beside_the_rates(make_results: Make, parse: Parse) -> None:
    first = make_results([0, 0, 1, 2], [0.9, np.nan, 0.1, np.nan])
    second = make_results([0, 0, 1, 2], [0.9, 0.8, 0.1, 0.2])
    text = parse(comparison_page(first, second)).text
    assert "2 pairs that both have compared: 1 same-person, 1 different-person, 0 synthetic" in text
    assert "2 pairs that one of them, or both, could not compare are in no figure" in text
    assert text.count("2 of 4 pairs were not compared") == 1
    assert "could not compare" not in parse(comparison_page(second, second)).text


def test_a_model_without_a_threshold_has_its_eer(random_results: Make, parse: Parse) -> None:
    first, second = random_results(1), random_results(2, threshold=None, threshold_source="")
    page = parse(comparison_page(first, second))
    assert "Of a model without a threshold the EER alone is known" in page.text
    assert "Where no threshold is known there are no verdicts" in page.text
    assert page.row("FNMR")[2] == "–" and page.row("EER against all impostors")[2] != "–"


def test_two_models_without_any_pair_in_common_that_was_compared(make_results: Make, parse: Parse) -> None:
    first = make_results([0, 1], [np.nan, 0.1])
    text = parse(comparison_page(first, make_results([0, 1], [0.9, np.nan]))).text
    assert "0 pairs that both have compared" in text and "No pair was compared by both" in text


def test_a_threshold_tuned_on_these_pairs_is_told(random_results: Make, parse: Parse) -> None:
    first = random_results(1)
    rows = first.measured
    tuned = replace(first, threshold=evaluate_pairs(first.categories[rows], first.similarity[rows]).threshold)
    text = parse(comparison_page(first, tuned)).text
    assert "The threshold of B is that of its EER on these very pairs" in text
    assert "The threshold of A is that" not in text


@pytest.mark.parametrize("codes", [[-1, -1, -1], [0, 0, -1], [1, 2, 2]])
def test_without_both_classes_there_is_still_a_page(
    make_results: Make, parse: Parse, codes: list[int]
) -> None:
    first = make_results(codes, [0.9, 0.1, np.nan])
    second = make_results(codes, [0.2, 0.1, 0.9], rejected=first.rejected)
    page = parse(comparison_page(first, second))
    assert "different verdicts on 1 of 2 pairs" in page.text
    assert not re.search(r"\bnan\b|None", page.text)


def test_hostile_names_stay_names(random_results: Make, parse: Parse) -> None:
    first = random_results(1)
    evil = '"><script>alert(1)</script>'
    second = replace(
        random_results(2), card=replace(first.card, name=evil, backbone=evil), source=evil, name=evil
    )
    html = comparison_page(first, second)
    assert len(parse(html).all("script")) == 1 and "<script>alert" not in html
    assert not re.search(r"https?:|url\((?!#)", html)
