"""The page in a real browser, with a service in a process of its own behind it."""

import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

DROP = """
(files) => {
  const carried = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const options = { dataTransfer: carried, bubbles: true, cancelable: true };
    document.getElementById("drop").dispatchEvent(new DragEvent(kind, options));
  }
}
"""

INKS = """
() => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (text) => rgb(text).map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = light(getComputedStyle(document.querySelector(".classes")).backgroundColor);
  return [...document.querySelectorAll(".classes strong, .classes p")].map((one) => {
    const ink = light(getComputedStyle(one).color);
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  });
}
"""


@pytest.fixture(scope="module")
def address(
    started: Callable[..., AbstractContextManager[Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with started(tmp_path_factory.mktemp("served"), "--max-upload-mb", "1") as running:
        yield running.address


@pytest.fixture(scope="module")
def classifying(
    started: Callable[..., AbstractContextManager[Any]],
    tmp_path_factory: pytest.TempPathFactory,
    classifier: Path,
) -> Iterator[str]:
    with started(tmp_path_factory.mktemp("classifying"), "--classifier", str(classifier)) as running:
        assert "threshold 0.5000 (EER)" in running.told
        yield running.address


@pytest.fixture
def page(browser: "Browser", address: str) -> Iterator["Page"]:
    with opened_page(browser, address) as opened:
        yield opened


@contextmanager
def opened_page(browser: "Browser", address: str, **options: Any) -> Iterator["Page"]:
    """The page, opened; nothing may be asked of anybody else, and the console must stay empty."""
    context = browser.new_context(**options)
    opened = context.new_page()
    troubles: list[str] = []
    foreign: list[str] = []
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on(
        "request",
        lambda request: (
            foreign.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    opened.goto(address)
    yield opened
    stored = opened.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    context.close()
    assert not troubles and not foreign
    assert stored == [0, 0, ""]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_single_photographs_where_there_is_a_classifier(
    browser: "Browser", classifying: str, jpegs: list[bytes], faceless: bytes, scheme: str
) -> None:
    view = {"width": 390, "height": 800}
    with opened_page(browser, classifying, color_scheme=scheme, viewport=view) as page:
        page.get_by_role("heading", name="The same person? Synthetic?").wait_for()
        page.set_input_files("#files", [photograph("a.jpg", jpegs[0])])
        row = page.locator(".classes li")
        told = row.inner_text(timeout=30_000)
        assert "P(synthetic) 0." in told and "the threshold 0.5" in told
        assert ("Synthetic" in told) == ("at or above" in told)
        assert page.locator(".pair").count() == 0 and page.locator(".card.waiting").count() == 0
        page.set_input_files("#files", [photograph("wall.jpg", faceless)])
        page.locator(".classes li").nth(1).wait_for(timeout=30_000)
        assert "No answer" in page.locator(".classes li").nth(1).inner_text()
        assert (
            "No verdict" in verdict(page) and "may be far too sure" in page.locator(".classes").inner_text()
        )
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= view["width"], "the page must not scroll sideways"
        inks = page.evaluate(INKS)
        assert all(ratio >= 4.5 for ratio in inks), f"contrast of text: {inks}"


def photograph(name: str, data: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def verdict(page: "Page") -> str:
    return page.locator("#result .verdict").inner_text(timeout=30_000)


def test_two_chosen_photographs_of_one_person(page: "Page", jpegs: list[bytes]) -> None:
    page.set_input_files("#files", [photograph("a.jpg", jpegs[0]), photograph("b.jpg", jpegs[0])])
    assert "Same person" in verdict(page)
    assert "1.000 similarity" in page.locator(".score-text").inner_text()
    assert "at or above the threshold 0.5" in page.locator(".reasons").inner_text()
    # random weights: nothing is said that they cannot keep
    assert "if both photographs are bona fide, which this model cannot tell" in verdict(page)
    assert "does not speak about synthetic faces" in page.locator(".limits").inner_text()
    assert "does not speak about synthetic faces" in page.locator("#claim").inner_text()
    assert "real" not in page.locator("#main").inner_text().lower()
    assert page.locator(".card .face img").count() == 2
    assert page.locator(".card .landmarks circle").count() == 10
    assert "Same person" in page.locator("#status").inner_text()


def test_dropped_photographs_one_without_a_face(page: "Page", jpegs: list[bytes], faceless: bytes) -> None:
    files = [("a.jpg", jpegs[0]), ("wall.jpg", faceless)]
    page.evaluate(DROP, [[name, base64.b64encode(data).decode()] for name, data in files])
    assert "No verdict" in verdict(page)
    assert "no face" in page.locator(".reasons").inner_text().lower()
    assert page.locator(".card.faceless").inner_text().endswith("No face found.")


def test_a_matrix_of_several_with_the_keyboard(page: "Page", jpegs: list[bytes]) -> None:
    shown = [jpegs[0], jpegs[1], jpegs[0], jpegs[2]]
    page.set_input_files("#files", [photograph(f"{n}.jpg", data) for n, data in enumerate(shown)])
    assert "Same person" in verdict(page)  # the most similar pair is shown first
    assert page.locator(".matrix button").count() == 12
    assert page.locator('.matrix button[aria-pressed="true"]').count() == 2  # both halves
    page.locator('.matrix button[tabindex="0"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")  # past the diagonal
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("4 and 3")
    assert [text.strip() for text in page.locator(".both figcaption").all_inner_texts()] == ["3", "4"]


def test_removing_and_starting_over(page: "Page", jpegs: list[bytes]) -> None:
    page.set_input_files("#files", [photograph(f"{n}.jpg", jpegs[n]) for n in range(3)])
    verdict(page)
    page.get_by_role("button", name="Remove photograph 3").click()
    page.locator("#result > .pair").wait_for()
    assert page.locator(".card").count() == 2
    page.get_by_role("button", name="Start over").click()
    assert page.locator(".card").count() == 0 and page.locator("#result").is_hidden()
    assert page.get_by_role("heading", name="The same person?", exact=True).is_visible()


def test_what_the_page_refuses_itself(page: "Page", jpegs: list[bytes]) -> None:
    page.set_input_files("#files", [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"text"}])
    assert "no photographs" in page.locator("#error").inner_text()
    page.set_input_files("#files", [photograph(f"{n}.jpg", jpegs[0]) for n in range(12)])
    assert "2 were left out" in page.locator("#error").inner_text()
    assert page.locator(".card").count() == 10
    assert page.get_by_role("button", name="Add photographs").is_disabled()
    page.get_by_role("button", name="Start over").click()
    page.set_input_files("#files", [photograph(f"{n}.jpg", bytes(600_000)) for n in range(2)])
    assert "1.2 MB are too much" in page.locator("#error").inner_text()


def test_an_answer_stays_when_there_is_no_room_for_more(page: "Page", jpegs: list[bytes]) -> None:
    page.set_input_files("#files", [photograph(f"{n}.jpg", jpegs[0]) for n in range(10)])
    shown = verdict(page)
    page.evaluate(DROP, [["more.jpg", base64.b64encode(jpegs[1]).decode()]])
    assert "1 was left out" in page.locator("#error").inner_text()
    assert page.locator("#progress").is_hidden() and page.locator("#result").is_visible()
    assert page.locator(".card").count() == 10 and verdict(page) == shown


def test_the_documentation_is_drawn_from_the_document(page: "Page", address: str) -> None:
    page.goto(f"{address}/docs")
    page.locator("#VerifyReply").wait_for()
    assert page.locator(".operation h2").all_inner_texts() == [
        "POST\n/verify",
        "POST\n/embed",
        "POST\n/session",
        "GET\n/health",
    ]
    assert "2 to 10 files" in page.locator(".operation").first.inner_text()


def test_a_document_and_a_video_of_its_person(
    browser: "Browser", classifying: str, jpegs: list[bytes], clip: bytes
) -> None:
    view = {"width": 390, "height": 800}
    with opened_page(browser, classifying, color_scheme="dark", viewport=view) as page:
        page.get_by_role("heading", name="The same person? Synthetic?").wait_for()
        film = {"name": "selfie.mp4", "mimeType": "video/mp4", "buffer": clip}
        page.set_input_files("#files", [film])
        row = page.locator(".classes li")
        assert "P(synthetic) 0." in row.inner_text(timeout=30_000) and row.locator(".timeline").count() == 1
        page.set_input_files("#files", [photograph("passport.jpg", jpegs[0])])
        page.locator(".session").wait_for(timeout=30_000)
        assert "in 5 frames only, of 10 at the least" in page.locator(".session .reasons").inner_text()
        assert "No answer" in verdict(page)
        assert page.locator(".session .timeline").count() == 2
        assert page.locator(".session .timeline").first.locator(".moment").count() == 5
        assert page.evaluate("document.documentElement.scrollWidth") <= view["width"]
        page.set_input_files("#files", [photograph("b.jpg", jpegs[1])])
        assert "compared with one photograph" in page.locator("#error").inner_text()
