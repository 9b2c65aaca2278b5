"""The pages as people see them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from infer.classification.faces import ClassifiedFaces
from infer.classification.shown import ShownFaces
from infer.output.results import Results
from infer.report.faces.write import write_face_report
from infer.report.faces.write_comparison import write_face_comparison
from infer.report.write import write_report
from infer.report.write_comparison import write_comparison

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser
PAGES = ("labelled", "unlabelled", "compared", "faces", "classifiers")


@pytest.fixture(scope="module")
def pages(
    real_results: Results,
    make_faces: Callable[..., ClassifiedFaces],
    shown_of: Callable[[ClassifiedFaces], ShownFaces],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    long = replace(
        real_results,
        name="a_rather_long_name_of_a_set_of_pairs_without_any_space",
        image_names=[f"{'folder/' * 9}{'x' * 70}/{name}" for name in real_results.image_names],
        categories=np.full_like(real_results.categories, -1),
    )
    other = replace(real_results, similarity=-real_results.similarity, threshold=0.0)
    found = {name: folder / f"{name}.html" for name in PAGES}
    write_report(found["labelled"], real_results)
    write_report(found["unlabelled"], long)
    write_comparison(found["compared"], real_results, other)
    faces = make_faces()
    write_face_report(found["faces"], faces, shown_of(faces))
    write_face_comparison(found["classifiers"], [faces, *(make_faces(seed=seed) for seed in (1, 2))])
    return found


@pytest.fixture(params=["light", "dark"])
def show(
    browser: "Browser", pages: dict[str, Path], request: pytest.FixtureRequest
) -> "Callable[[str, int], Page]":
    """Opens a page; what it complains of, or asks the network for, fails the test at its end."""
    complaints: list[str] = []
    opened = []

    def open_page(name: str, width: int) -> "Page":
        page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=request.param)
        opened.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                complaints.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
            ),
        )
        page.goto(pages[name].as_uri())
        return page

    yield open_page
    for page in opened:
        page.close()
    assert complaints == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 1280])
def test_everything_is_there_and_nothing_sticks_out(
    show: "Callable[[str, int], Page]", name: str, width: int
) -> None:
    page = show(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    images = page.evaluate(
        "Promise.all([...document.images].map(i => i.decode().then(() => i.naturalWidth)))"
    )
    assert (images or name == "classifiers") and all(side > 0 for side in images)
    for svg in page.locator("figure > svg").all():
        box = svg.bounding_box()
        assert box is not None and box["width"] > 250 and box["height"] > 60
    drawn = page.evaluate(
        "[...document.querySelectorAll('path.curve[data-points]')].map(p => p.getTotalLength())"
    )
    curves = {"unlabelled": 0, "faces": 2}.get(name, 4)
    assert (len(drawn) >= curves and min(drawn) > 50) if curves else drawn == []
    words, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        ".map(colour => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0))"
    )
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert (words - paper > 450) if is_dark else (paper - words > 450)


def test_curves_are_read_off_under_the_pointer(show: "Callable[[str, int], Page]") -> None:
    page = show("labelled", 1280)
    plot = page.locator("#roc-plot")
    plot.scroll_into_view_if_needed()
    plot.hover(position={"x": 300, "y": 60})
    readout = plot.locator("xpath=following-sibling::p").text_content()
    assert readout is not None and "threshold" in readout and "FMR" in readout and "TAR" in readout
    assert page.locator("#roc-plot circle.cursor").count() == 1
