import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_curve

from common.models.input_format import InputFormat
from infer.models.model import ModelCard
from infer.output.results import Results
from infer.report import measure
from infer.report.page import percentage_points
from infer.report.write import report_page
from infer.report.write_comparison import comparison_page

Make = Callable[..., Results]
Parse = Callable[[str], Any]  # to `Page` of conftest.py


def accepted(results: Results, threshold: float) -> np.ndarray:
    return results.similarity >= threshold


def wrong(results: Results, threshold: float) -> np.ndarray:
    return (accepted(results, threshold) != (results.categories == 0)) & results.compared


def test_the_eer_is_that_of_scikit_learn(random_results: Make, parse: Parse) -> None:
    results = random_results(4)
    fmr, tar, _ = roc_curve(results.categories[results.compared] == 0, results.similarity[results.compared])
    eer = (1 - tar)[np.argmin(np.abs(1 - tar - fmr))]
    text = parse(report_page(results)).text
    assert f"{100 * eer:.1f} % equal error rate, 95 % interval" in text
    low, high = (float(value) for value in re.search(r"interval ([\d.]+) % to ([\d.]+) %", text).groups())
    assert low <= 100 * eer <= high


def test_the_tables_count_wrong_verdicts(random_results: Make, parse: Parse) -> None:
    results = random_results(5, threshold=0.4)
    page = parse(report_page(results))
    at_eer = float(re.search(r"at the threshold, here ([\d.]+)", page.text).group(1))
    for code, name in enumerate(("same-person", "different-person", "synthetic")):
        of_category = (results.categories == code) & results.compared
        cells = page.row(name)
        for column, threshold in ((2, 0.4), (4, at_eer)):
            errors, total = int(wrong(results, threshold)[of_category].sum()), int(of_category.sum())
            assert cells[column + 1] == f"{errors} of {total}"
            assert float(cells[column].removesuffix(" %")) == pytest.approx(100 * errors / total, abs=0.06)
    impostors = accepted(results, 0.4)[(results.categories > 0) & results.compared]
    assert page.row("all impostors")[3] == f"{impostors.sum()} of {len(impostors)}"
    for name, code in (("APCER", 2), ("BPCER", 0)):
        of_category = (results.categories == code) & results.compared
        assert page.row(name)[2] == f"{wrong(results, 0.4)[of_category].sum()} of {of_category.sum()}"
    right = 1 - wrong(results, 0.4)[results.compared].mean()
    assert f"Accuracy {100 * right:.1f} %" in page.text


def curves(page: Any, plot: str) -> dict[str, np.ndarray]:
    """Of the curves of a plot x, y, threshold, FMR and FNMR of their points, (K, 5)."""
    found, inside = {}, False
    for tag, attributes in page.elements:
        if tag == "svg":
            inside = attributes.get("id") == plot
        if inside and tag == "path" and "data-points" in attributes:
            points = [list(map(float, entry.split(","))) for entry in attributes["data-points"].split(";")]
            drawn = re.findall(r"[\d.-]+ [\d.-]+", attributes["d"])
            assert len(drawn) == len(points)
            found[attributes["data-label"]] = np.array(points)
    return found


@pytest.mark.parametrize("plot", ["det-plot", "roc-plot"])
def test_the_points_of_the_curves_have_the_error_rates_of_the_scores(
    random_results: Make, parse: Parse, plot: str
) -> None:
    results = random_results(6)
    found = curves(parse(report_page(results)), plot)
    kinds = {"all impostors": [1, 2], "different-person": [1], "synthetic": [2]}
    assert found.keys() == kinds.keys()
    for name, codes in kinds.items():
        assert len(found[name]) > 5
        for _, _, threshold, fmr, fnmr in found[name]:
            taken, kinds = (
                accepted(results, threshold)[results.compared],
                results.categories[results.compared],
            )
            assert fmr == pytest.approx(taken[np.isin(kinds, codes)].mean(), rel=1e-2)
            assert fnmr == pytest.approx(1 - taken[kinds == 0].mean(), rel=1e-2, abs=1e-9)


def test_the_axes_of_the_det_curve_are_scaled_by_the_normal_distribution(
    random_results: Make, parse: Parse
) -> None:
    points = curves(parse(report_page(random_results(6, genuine=300))), "det-plot")["all impostors"]
    for place, rate in ((0, 3), (1, 4)):
        expected = norm.ppf(points[:, rate])
        slope, offset = np.polyfit(expected, points[:, place], 1)
        assert slope * (1 if place == 0 else -1) > 0
        np.testing.assert_allclose(slope * expected + offset, points[:, place], atol=0.5)


def test_tar_is_told_where_the_pairs_suffice_and_else_how_many_it_takes(
    make_results: Make, parse: Parse
) -> None:
    rng = np.random.default_rng(0)
    codes = [0] * 200 + [1] * 1000
    scores = np.concatenate([rng.normal(0.5, 0.2, 200), rng.normal(0, 0.2, 1000)]).clip(-1, 1)
    page = parse(report_page(make_results(codes, scores.tolist())))
    permitted = np.sort(scores[200:])[::-1][10]  # ten of a thousand lie above it
    tar = (scores[:200] > permitted).mean()
    cells = page.row("1 %")
    assert float(cells[1].removesuffix(" %")) == pytest.approx(100 * tar, abs=0.06)
    assert (scores[:200] >= float(cells[3]) - 5e-4).mean() == pytest.approx(tar, abs=0.006)
    assert page.row("0.1 %")[1] == "cannot be measured: it takes 3,000 impostor pairs, here are 1,000"


def test_the_hardest_pairs_are_shown_with_score_and_wrong_ones_in_words(
    make_results: Make, parse: Parse
) -> None:
    page = report_page(make_results([0, 0, 1, 2], [0.9, 0.25, 0.75, -0.5]))
    text = parse(page).text
    for shown in (
        "0.250 ✕ wrongly rejected pair00001 1/0.jpg 1/1.jpg",
        "0.900 ✓ accepted pair00000",
        "0.750 ✕ wrongly accepted pair00002",
        "−0.500 ✓ rejected pair00003",
    ):
        assert shown in text
    assert text.index("pair00001") < text.index("pair00000")
    assert page.count("data:image/jpeg;base64,") == 8
    assert len([1 for attributes in parse(page).all("li") if attributes.get("class") == "card wrong"]) == 2


def test_faces_that_were_not_found_are_counted_with_their_reasons(make_results: Make, parse: Parse) -> None:
    rejected = {1: "no face found", 3: "not an image", 5: "no face found"}
    page = parse(report_page(make_results([0, 1, 2, 0], [np.nan, np.nan, np.nan, 0.9], rejected=rejected)))
    assert page.row("no face found")[1] == "2" and page.row("not an image")[1] == "1"
    assert "3 of 8 photographs gave no usable face, so 3 of 4 pairs were not compared" in page.text
    assert "(1 not an image, or one that cannot be read, 2 no usable face)" in page.text
    assert "is 37.5 %: 3 of the 8 photographs that are there." in page.text
    assert page.row("1/1.jpg") == ["1/1.jpg", "not an image"]
    assert "1 is same-person, 1 is different-person, 1 is synthetic" in page.text


def test_pairs_without_two_faces_are_told_beside_the_rates(make_results: Make, parse: Parse) -> None:
    scores = [0.9, np.nan, np.nan, 0.1, np.nan, np.nan, 0.2, np.nan]
    text = parse(report_page(make_results([0, 0, 0, 1, 1, 2, 2, -1], scores))).text
    told = "2 same-person, 1 different-person, 1 synthetic"
    assert f"has it; {told} were not" in text and f"tells apart: {told}." in text
    assert "8 pairs of 16 photographs, 3 of them compared: 1 same-person, 1 different-person" in text
    assert "has it" not in parse(report_page(make_results([0, 1, 2, -1], [0.9, 0.1, 0.2, np.nan]))).text


def test_missing_files_are_no_failures_to_acquire(make_results: Make, parse: Parse) -> None:
    rejected = {1: "no such file", 3: "no face found"}
    text = parse(report_page(make_results([0, 1, 0, 1], [np.nan, np.nan, 0.9, 0.1], rejected=rejected))).text
    assert "FTA, failure-to-acquire rate (ISO/IEC 19795-1), is 14.3 %: 1 of the 7 photographs" in text
    assert "for the 1 that is missing was no attempt" in text


@pytest.mark.parametrize(
    ("codes", "scores"),
    [([-1, -1], [0.9, 0.1]), ([0, 0, 1], [0.9, 0.1, np.nan]), ([2, 2], [0.9, 0.1]), ([0, 1], [1.0, 1.0])],
)
def test_without_a_threshold_there_are_no_verdicts(
    make_results: Make, parse: Parse, codes: list[int], scores: list[float]
) -> None:
    html = report_page(make_results(codes, scores, threshold=None, threshold_source=""))
    text = parse(html).text
    assert "not known, so there are no verdicts" in text and "hatched" not in text.lower()
    assert not re.search(r"\bnan\b|None|[✓✕]|taken for a match [^:]", text)
    assert 'class="threshold"' not in html and "card wrong" not in html


@pytest.mark.parametrize("eer", [-0.1, 1.5, math.inf, -math.inf, math.nan, 0.0, 1.0, 5e-324])
def test_any_eer_of_a_file_can_be_shown(make_results: Make, parse: Parse, eer: float) -> None:
    card = ModelCard("model.pt", "ir_18", InputFormat(), 512, eer=eer)
    text = parse(report_page(make_results([0, 1], [0.9, 0.1], card=card))).text
    shown = re.search(r"EER in its own validation (\S+)", text)
    assert shown is not None and (shown.group(1) == "\N{EN DASH}") == (not 0 <= eer <= 1)


@given(st.floats(-1, 1))
def test_a_difference_keeps_its_sign(difference: float) -> None:
    shown = percentage_points(difference)
    signs = {"+": 1, "\N{MINUS SIGN}": -1, "\N{PLUS-MINUS SIGN}": 0}
    assert signs[shown[0]] * float(shown[1:]) == pytest.approx(100 * difference, rel=0.5, abs=0)
    assert (signs[shown[0]] > 0) == (difference > 0) and (signs[shown[0]] < 0) == (difference < 0)


@pytest.mark.parametrize("term", ["EER", "FMR", "FNMR", "TAR", "DET", "ROC", "APCER", "BPCER", "FTA"])
def test_every_term_is_defined_and_defined_once(random_results: Make, term: str) -> None:
    page = report_page(random_results(7))
    assert page.count(f"<dfn>{term}</dfn>") == 1


HOSTILE = (
    '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\u202e\x00\x1b[31m\u2028</style>&lt;'
)


def test_hostile_names_stay_names(make_results: Make, parse: Parse) -> None:
    results = make_results([0, 1, 2, -1], [0.9, 0.8, 0.7, np.nan])
    results = replace(
        results,
        name=HOSTILE,
        source=HOSTILE,
        ids=[f"{HOSTILE}{row}" for row in range(4)],
        image_names=[HOSTILE] * 8,
        rejected={7: HOSTILE},
        threshold_source=HOSTILE,
        card=ModelCard(HOSTILE, HOSTILE, results.card.input_format, 1, HOSTILE, HOSTILE, 0.1, (HOSTILE,)),
        made_with=HOSTILE,
    )
    harmless, hostile = (
        parse(report_page(make_results([0, 1, 2, -1], [0.9, 0.8, 0.7, np.nan]))),
        report_page(results),
    )
    page = parse(hostile)
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in harmless.elements} | {"li", "ul"}
    attributes = {name for _, found in page.elements for name in found}
    assert not any(name.startswith("on") or name == "style" for name in attributes)
    assert "<script>alert" not in hostile and "49" not in re.findall(r"\{\{.*?\}\}|49\\\\u202e", hostile)
    for html in (hostile, comparison_page(results, results)):
        assert all(letter.isprintable() or letter in "\n\N{NARROW NO-BREAK SPACE}" for letter in html)
        assert r"\u202e\x00\x1b[31m\u2028" in html


def test_names_from_right_to_left_do_not_reorder_what_stands_beside_them(make_results: Make) -> None:
    name = "\N{HEBREW LETTER ALEF}\N{HEBREW LETTER BET}"
    card = ModelCard(f"{name}.pt", "ir_18", InputFormat(), 512)
    changes = {"name": name, "card": card, "ids": [name], "image_names": [f"{name}/0.jpg", f"{name}/1.jpg"]}
    results = make_results([0], [0.9], **changes)
    for html in (report_page(results), comparison_page(results, replace(results, threshold=0.95))):
        shown = html[html.index("<body>") :]
        in_texts = re.sub(r"<[^>]*>", lambda tag: tag[0] if "bdi" in tag[0] else "", shown)
        assert name in in_texts and name not in re.sub("<bdi>.*?</bdi>", "", in_texts)


def assert_self_contained(html: str, page: Any) -> None:
    assert not re.search(r"https?:|//[\w-]+\.|@import|url\((?!#)", html)
    for attributes in page.all("img"):
        assert attributes["src"].startswith("data:image/jpeg;base64,") and attributes["alt"]
    assert all(found["href"].startswith("#") for found in page.all("a"))
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(set(ids)) == len(ids)
    assert {found["href"][1:] for found in page.all("a")} <= set(ids)
    assert not page.all("link") and not page.all("iframe")
    (policy,) = [found["content"] for found in page.all("meta") if "http-equiv" in found]
    assert policy.startswith("default-src 'none';") and "script-src 'sha256-" in policy


def test_the_page_needs_nothing_beside_itself_and_is_not_large(random_results: Make, parse: Parse) -> None:
    html = report_page(random_results(8, genuine=3000, others=4000, size=512))
    page = parse(html)
    assert_self_contained(html, page)
    assert len(page.all("img")) == 2 * 3 * 12
    assert len(html.encode()) < 3_000_000
    for svg in page.all("svg"):
        if "class" not in svg:
            assert svg["role"] == "img" and svg["aria-labelledby"]


def test_of_too_many_pairs_for_intervals_there_is_a_page_without(
    random_results: Make, parse: Parse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "with_intervals", lambda report, *pairs: report)
    page = parse(report_page(random_results(3, genuine=300, others=400)))
    assert "no interval is computed" in page.text and page.row("1 %")[2].strip() == ""


def test_the_same_results_give_the_same_page(random_results: Make) -> None:
    assert report_page(random_results(9)) == report_page(random_results(9))


def test_unlabelled_pairs(make_results: Make, parse: Parse) -> None:
    html = report_page(make_results([-1] * 6, [0.9, 0.6, 0.1, 0.2, 0.3, np.nan]))
    page = parse(html)
    assert_self_contained(html, page)
    assert (
        "2 of 5 pairs that were compared are taken for a match" in page.text
        and "equal error rate" not in page.text
    )
    assert page.text.index("pair00000") < page.text.index("pair00001") and "✕" not in page.text
    assert [svg["id"] for svg in page.all("svg") if "id" in svg] == ["scores-plot"]


def test_an_eer_far_from_equal_rates_is_explained(make_results: Make, parse: Parse) -> None:
    text = parse(report_page(make_results([0, 0, 0, 1, 1], [0.9, 0.8, 0.05, 0.1, 0.2]))).text
    assert "at the nearest one 0 % get in and 33.3 % are kept out, and the latter is the EER" in text
    even = parse(report_page(make_results([0, 0, 1, 1], [0.9, 0.8, 0.1, 0.2]))).text
    assert "at the nearest one" not in even


@pytest.mark.parametrize("codes", [[0, 0], [1, 2], [2, 2]])
def test_one_class_alone_has_no_curves_and_says_so(
    make_results: Make, parse: Parse, codes: list[int]
) -> None:
    page = parse(report_page(make_results(codes, [0.9, 0.1])))
    assert "there is no equal error rate" in page.text and "nan" not in page.text.lower()
    assert page.row("same-person" if codes[0] == 0 else "synthetic")[2] in ("50.0 %", "100 %", "0 %")


def test_without_synthetic_pairs_nothing_is_said_of_forgeries(make_results: Make, parse: Parse) -> None:
    text = parse(report_page(make_results([0, 1], [0.9, 0.1]))).text
    assert "No pair that was compared holds a face that is labelled synthetic" in text


def test_where_no_error_was_seen_the_rule_of_three_is_given(make_results: Make, parse: Parse) -> None:
    text = parse(report_page(make_results([0] * 60 + [1] * 100, [0.9] * 60 + [0.1] * 100))).text
    assert "5.00 % for same-person, 3.00 % for different-person" in text
    assert "no threshold makes both errors" in text


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.integers(-1, 2), st.sampled_from([-1.0, 0.0, 0.1, 0.7, 1.0, math.nan])),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([-1.0, 0.0, 0.1, 0.55, 1.0, None]),
)
def test_any_results_make_a_page(
    make_results: Make, parse: Parse, pairs: list[tuple[int, float]], threshold: float | None
) -> None:
    html = report_page(make_results(*map(list, zip(*pairs, strict=True)), size=16, threshold=threshold))
    page = parse(html)
    assert_self_contained(html, page)
    assert not re.search(r"\bnan\b|\binf\b|None", page.text, re.IGNORECASE)


def test_what_is_said_of_the_pairs_stands_on_the_page(make_results: Make, parse: Parse) -> None:
    note = "only 3 of the 9 synthetic pairs are of a bona fide and a synthetic face of one person"
    results = make_results([0, 1, 2], [0.9, 0.1, 0.2], notes=(note,))
    for page in (report_page(results), comparison_page(results, results)):
        assert f"O{note[1:]}." in parse(page).text


def test_one_pair_is_one_pair(make_results: Make, parse: Parse) -> None:
    text = parse(report_page(make_results([0, 1, 2], [0.9, 0.1, np.nan]))).text
    assert "1 of 6 photographs gave no usable face, so 1 of 3 pairs was not compared" in text
    assert "0 of 1 genuine pair rejected" in text and "1 pairs" not in text
