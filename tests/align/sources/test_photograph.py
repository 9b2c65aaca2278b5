import pickle

import pytest

from align.sources.photograph import (
    IMAGE_SUFFIXES,
    UNREAD_SUFFIXES,
    Photograph,
    folder_of,
    is_photograph,
    without_suffix,
)


def test_suffixes_are_lower_case_and_of_one_kind() -> None:
    assert IMAGE_SUFFIXES.isdisjoint(UNREAD_SUFFIXES)
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in IMAGE_SUFFIXES | UNREAD_SUFFIXES)


@pytest.mark.parametrize("name", ["a.jpg", "a.JPG", "a.b.Tiff", "a.HEIC", "a.cr3", "å .svg", "\udcff.png"])
def test_photographs_are_told_by_their_names(name: str) -> None:
    assert is_photograph(name)


@pytest.mark.parametrize("name", ["jpg", "a", "a.", "", "a.jpg.txt", "a.jpgx", "a.jp g", "meta.json"])
def test_other_files_are_not(name: str) -> None:
    assert not is_photograph(name)


@pytest.mark.parametrize(
    ("path", "folder", "stem"),
    [
        ("a/b/0.jpg", "a/b", "a/b/0"),
        ("0.tar.jpg", "", "0.tar"),
        ("a.b/c", "a.b", "a.b/c"),
        ("a/.jpg", "a", "a/.jpg"),
        (".jpg", "", ".jpg"),
    ],
)
def test_folder_and_path_without_suffix(path: str, folder: str, stem: str) -> None:
    assert (folder_of(path), without_suffix(path)) == (folder, stem)


def test_a_photograph_travels_to_a_worker() -> None:
    photograph = Photograph("a/\udcff.jpg", "a", True, "listed twice")
    assert pickle.loads(pickle.dumps(photograph)) == photograph
