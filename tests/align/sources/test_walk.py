import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from align.sources.walk import DEAD_LINK, LINK_OUT, NO_FILE, Walk, walk
from common.runtime.errors import UserError


def test_photographs_sorted_by_path_and_nothing_else(tmp_path: Path, make_files: Callable[..., Path]) -> None:
    names = ["b/2.jpg", "b/10.JPG", "a b/0.png", "a/x.heic", "a/deep/er/y.webp", "å/ü.tiff", "loose.gif"]
    others = ["a/notes.txt", "a/.hidden.jpg", ".cache/z.jpg", "a/.git/z.jpg", "jpg", "meta.json"]
    make_files(tmp_path, [*names, *others])
    (tmp_path / "a" / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "a" / "pipe")
    assert walk(tmp_path) == Walk(sorted(names), {}, {})


def test_pipes_named_as_photographs_are_not_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "link.png").symlink_to("pipe.jpg")
    paths = ["link.png", "pipe.jpg"]
    assert walk(tmp_path) == Walk(paths, dict.fromkeys(paths, NO_FILE), {})


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert walk(tmp_path) == Walk([], {}, {})


def test_links_to_files_in_the_root_are_photographs(tmp_path: Path, make_files: Callable[..., Path]) -> None:
    make_files(tmp_path, ["a/0.jpg", ".store/object", "a/x.txt"])
    (tmp_path / "a" / "1.jpg").symlink_to("0.jpg")
    (tmp_path / "a" / "2.jpg").symlink_to(tmp_path / ".store" / "object")
    (tmp_path / "a" / "text").symlink_to("x.txt")
    (tmp_path / "a" / "3.jpg").symlink_to(".")
    assert walk(tmp_path) == Walk(["a/0.jpg", "a/1.jpg", "a/2.jpg"], {}, {})


@pytest.fixture
def linked(tmp_path: Path, make_files: Callable[..., Path]) -> Path:
    """A source with links out of it: a file, two folders, one of which lies in the other."""
    make_files(
        tmp_path / "outside", ["one.jpg", "boris/0.jpg", "boris/deep/1.jpg", "clara/.x.jpg", "clara/2.jpg"]
    )
    root = make_files(tmp_path / "in", ["anna/0.jpg"])
    (root / "anna" / "9.jpg").symlink_to(tmp_path / "outside" / "one.jpg")
    (root / "anna" / "notes.txt").symlink_to(tmp_path / "outside" / "one.jpg")
    (root / "all").symlink_to(tmp_path / "outside")
    (root / "boris").symlink_to("../outside/boris")
    (root / ".hidden").symlink_to("../outside/boris")
    return root


def test_links_out_are_problems_and_not_entered(linked: Path) -> None:
    assert walk(linked) == Walk(
        ["anna/0.jpg", "anna/9.jpg"], {"anna/9.jpg": LINK_OUT}, {"all": LINK_OUT, "boris": LINK_OUT}
    )


def test_links_are_followed_when_told_and_every_folder_is_entered_once(linked: Path) -> None:
    paths = [
        "all/boris/0.jpg",
        "all/boris/deep/1.jpg",
        "all/clara/2.jpg",
        "all/one.jpg",
        "anna/0.jpg",
        "anna/9.jpg",
    ]
    assert walk(linked, follow_links=True) == Walk(paths, {}, {})


def test_the_root_may_be_a_link(linked: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("in")
    assert walk(tmp_path / "link") == walk(linked)
    assert walk(tmp_path / "link" / ".." / "in", True) == walk(linked, True)


@pytest.mark.parametrize("follow_links", [False, True])
def test_loops_end(tmp_path: Path, make_files: Callable[..., Path], follow_links: bool) -> None:
    root = make_files(tmp_path / "in", ["a/0.jpg", "b/1.jpg"])
    (root / "a" / "self").symlink_to(".")
    (root / "a" / "up").symlink_to("..")
    (root / "a" / "b").symlink_to("../b")
    (root / "b" / "a").symlink_to("../a")
    (root / "a" / "own.jpg").symlink_to("own.jpg")
    (root / "ghost.jpg").symlink_to("gone.jpg")
    if follow_links:
        (root / "out").symlink_to("..")
    paths = ["a/0.jpg", "a/own.jpg", "b/1.jpg", "ghost.jpg"]
    assert walk(root, follow_links) == Walk(paths, {"a/own.jpg": DEAD_LINK, "ghost.jpg": DEAD_LINK}, {})


def test_a_link_to_a_hidden_folder_of_the_root_is_the_way_to_it(
    tmp_path: Path, make_files: Callable[..., Path]
) -> None:
    make_files(tmp_path, [".data/anna/0.jpg", ".data/anna/sub/1.jpg"])
    (tmp_path / "anna").symlink_to(".data/anna")
    (tmp_path / "boris").symlink_to("anna")
    assert walk(tmp_path).paths == ["anna/0.jpg", "anna/sub/1.jpg"]


def test_a_dead_link_out_of_the_root_says_that_it_leads_out(tmp_path: Path) -> None:
    (tmp_path / "0.jpg").symlink_to("/nowhere/0.jpg")
    (tmp_path / "folder").symlink_to("/nowhere/folder")
    assert walk(tmp_path) == Walk(["0.jpg"], {"0.jpg": LINK_OUT}, {})
    assert walk(tmp_path, True) == Walk(["0.jpg"], {"0.jpg": DEAD_LINK}, {})


def test_names_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/J\xfcrgen"
    os.mkdir(folder)  # noqa: PTH102
    with open(folder + b"/\xff.jpg", "wb"):  # noqa: PTH123
        pass
    assert walk(tmp_path).paths == ["J\udcfcrgen/\udcff.jpg"]


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of folders that cannot be read, also by the superuser, who may run the tests."""
    names: set[str] = set()
    scandir = os.scandir

    def refuse(path: str) -> Iterator[Any]:
        if Path(path).name in names:
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return names


def test_a_folder_that_cannot_be_read_is_named(
    tmp_path: Path, make_files: Callable[..., Path], forbidden: set[str]
) -> None:
    make_files(tmp_path / "in", ["a/0.jpg", "a/locked/1.jpg", "b/2.jpg"])
    forbidden.add("locked")
    reason = "a folder that cannot be read (Permission denied)"
    assert walk(tmp_path / "in") == Walk(["a/0.jpg", "b/2.jpg"], {}, {"a/locked": reason})
    forbidden.add("in")
    with pytest.raises(UserError, match=r"in is a folder that cannot be read \(Permission denied\); mend"):
        walk(tmp_path / "in")


def test_a_path_deeper_than_the_system_allows_does_not_end_the_run(tmp_path: Path) -> None:
    names = ["d" * 200] * 30
    place = os.open(tmp_path, os.O_RDONLY)
    for name in names:
        os.mkdir(name, dir_fd=place)
        place, parent = os.open(name, os.O_RDONLY, dir_fd=place), place
        os.close(parent)
    os.close(place)
    (tmp_path / "0.jpg").touch()
    found = walk(tmp_path)
    (reason,) = found.closed.values()
    assert found.paths == ["0.jpg"] and reason == "a folder that cannot be read (File name too long)"
