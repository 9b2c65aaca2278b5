import pytest

from align.sources.photograph import Photograph
from align.sources.selection import Selection, select

PATHS = ["a/0.jpg", "a/deep/1.png", "b/0.jpg", "b/[x].jpg", "c.jpg"]


@pytest.mark.parametrize(
    ("selection", "kept"),
    [
        (Selection(), PATHS),
        (Selection(include=("a/*",)), ["a/0.jpg", "a/deep/1.png"]),
        (Selection(include=("A/*",)), []),
        (Selection(include=("*/0.jpg", "c*")), ["a/0.jpg", "b/0.jpg", "c.jpg"]),
        (Selection(exclude=("a/*", "c.???")), ["b/0.jpg", "b/[x].jpg"]),
        (Selection(include=("*.jpg",), exclude=("b/*",)), ["a/0.jpg", "c.jpg"]),
        (Selection(include=("b/[[]x].jpg",)), ["b/[x].jpg"]),
        (Selection(include=("a",)), []),
        (Selection(limit=2), PATHS[:2]),
        (Selection(limit=9), PATHS),
        (Selection(limit=0), []),
        (Selection(limit=-1), []),
        (Selection(exclude=("a/*",), limit=1), ["b/0.jpg"]),
    ],
)
def test_globs_then_the_limit(selection: Selection, kept: list[str]) -> None:
    photographs = [Photograph(path, path, False) for path in PATHS]
    assert [photograph.path for photograph in select(photographs, selection)] == kept
