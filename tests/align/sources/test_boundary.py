from pathlib import Path

import pytest

from align.sources.boundary import Boundary, lies_in


def test_lies_in() -> None:
    assert lies_in("/a/b", "/a/b") and lies_in("/a/b", "/a/b/c") and lies_in("/", "/a")
    assert not lies_in("/a/b", "/a/bc") and not lies_in("/a/b", "/a")


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("a/0.jpg", "a/0.jpg"),
        ("./a//b/../0.jpg", "a/0.jpg"),
        ("a\\..\\0.jpg", "a\\..\\0.jpg"),
        ("..a/0.jpg", "..a/0.jpg"),
        ("ab:c.jpg", "ab:c.jpg"),
        (" ", " "),
        ("x" * 5000, "x" * 5000),
        ("/etc/passwd", None),
        ("//host/0.jpg", None),
        ("..", None),
        ("../0.jpg", None),
        ("a/../../0.jpg", None),
        ("C:/0.jpg", None),
        ("c:0.jpg", None),
        ("a\0.jpg", None),
    ],
)
@pytest.mark.parametrize("follow_links", [False, True])
def test_paths_by_their_words(tmp_path: Path, path: str, normal: str | None, follow_links: bool) -> None:
    assert Boundary(tmp_path, follow_links).normalised(path) == normal


def test_absolute_paths_in_the_folder_are_inside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (tmp_path / "door").symlink_to(root)
    (root / "a" / "out.jpg").symlink_to(tmp_path / "0.jpg")
    for place in root, tmp_path / "door":
        boundary = Boundary(place, False)
        for spelled in root, tmp_path / "door":
            assert boundary.normalised(f"{spelled}/a/0.jpg") == "a/0.jpg"
            assert boundary.normalised(f"{spelled}//a/./gone/../0.jpg") == "a/0.jpg"
            assert boundary.normalised(f"/{spelled}/a/0.jpg") == "a/0.jpg"
            assert boundary.normalised(f"{spelled}/a/out.jpg") is None
            assert boundary.normalised(f"{spelled}/../0.jpg") is None
        assert boundary.normalised(f"{root}s/0.jpg") is None


def test_how_a_path_leaves_is_told(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "out").symlink_to(tmp_path)
    boundary = Boundary(tmp_path / "root", False)
    told = {
        "/etc/passwd": f"an absolute path that does not begin with {tmp_path}/root",
        "../0.jpg": "by ..",
        "out/0.jpg": "by a link; --follow-links follows it",
        "C:\\0.jpg": "a drive letter of another system",
        "a\0": "it holds a NUL character",
    }
    assert {path: boundary.why_outside(path) for path in told} == told


def test_links_on_the_way(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "a").mkdir(parents=True)
    outside.mkdir()
    (root / "in").symlink_to("a")
    (root / "out").symlink_to(outside)
    (root / "a" / "out.jpg").symlink_to(outside / "0.jpg")
    (root / "a" / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "door").symlink_to(root)
    leaving = ["out/0.jpg", "out/deep/0.jpg", "a/out.jpg", "in/out.jpg", "out"]
    for boundary in Boundary(root, False), Boundary(tmp_path / "door", False):
        for path in ["in/0.jpg", "in", "a/loop.jpg", "a/gone/0.jpg"]:
            assert boundary.normalised(path) == path
        for path in leaving:
            assert boundary.normalised(path) is None
    for path in leaving:
        assert Boundary(root, True).normalised(path) == path
