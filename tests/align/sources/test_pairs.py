from pathlib import Path

import pytest

from align.sources.layouts.pairs import looks_like_pairs, pairs
from align.sources.pair_labels import PairLabel, find_pair_labels, is_of_pairs, read_pair_labels
from align.sources.photograph import Photograph
from common.runtime.errors import UserError

HEADER = "pair_id,label,synthetic0,synthetic1\n"


def test_each_photograph_is_its_own_identity_unless_the_label_says_one_person() -> None:
    paths = ["a/0.jpg", "a/1.PNG", "b/0.jpg", "b/1.jpg", "c/0.jpg", "c/1.heic"]
    labels = {"a": PairLabel(True, (False, True)), "b": PairLabel(False, (True, False))}
    assert pairs(paths, labels) == [
        Photograph("a/0.jpg", "a", False),
        Photograph("a/1.PNG", "a", True),
        Photograph("b/0.jpg", "b/0", True),
        Photograph("b/1.jpg", "b/1", False),
        Photograph("c/0.jpg", "c/0", False),
        Photograph("c/1.heic", "c/1", False),
    ]


def test_other_photographs_are_passed_over() -> None:
    paths = ["0.jpg", "a/00.jpg", "a/0.x.jpg", "a/2.jpg", "a/b/0.jpg", "a/0.jpg"]
    assert [photograph.path for photograph in pairs(sorted(paths), {})] == ["a/0.jpg"]


@pytest.mark.parametrize(
    ("paths", "recognised"),
    [
        (["a/0.jpg", "a/1.jpg"], True),
        (["a/0.jpg", "a/0.png", "a/1.jpg", "b c/0.jpg", "b c/1.tif"], True),
        ([], False),
        (["a/0.jpg"], False),
        (["a/0.jpg", "a/1.jpg", "b/0.jpg"], False),
        (["a/0.jpg", "a/1.jpg", "a/2.jpg"], False),
        (["a/0.jpg", "a/1.jpg", "cover.jpg"], False),
        (["x/a/0.jpg", "x/a/1.jpg"], False),
        (["images/a/0.jpg", "images/a/1.jpg"], True),
        (["test_public/images/a/0.jpg", "test_public/images/a/1.jpg"], True),
        (["images/a/0.jpg", "images/a/1.jpg", "other/a/0.jpg", "other/a/1.jpg"], False),
        (["0.jpg", "1.jpg"], False),
    ],
)
def test_recognition(paths: list[str], recognised: bool) -> None:
    assert looks_like_pairs(sorted(paths)) is recognised


def test_labels(tmp_path: Path) -> None:
    assert find_pair_labels(tmp_path, []) is None
    text = "\ufeff pair_id , label,synthetic0,synthetic1\r\n0001,1, 0,1\r\nä b,0,1,0\r\n"
    (tmp_path / "labels.csv").write_bytes(text.encode())
    assert read_pair_labels(tmp_path / "labels.csv").by_id == {
        "0001": PairLabel(True, (False, True)),
        "ä b": PairLabel(False, (True, False)),
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must start with the line pair_id,label"),
        ("0001,1,0,0\n", "must start with the line pair_id,label"),
        (HEADER + "0001,1,0\n", "line 2: expected an id and three times 0 or 1"),
        (HEADER + "0001,1,0,0,0\n", "line 2: expected an id"),
        (HEADER + "0001,1,0,0\n0002,1,0,maybe\n", "line 3: expected an id"),
        (HEADER + "0001,2,0,0\n", "line 2: expected an id"),
        (HEADER + "0001,1,0,0\n\n,1,0,0\n", "line 4: expected an id"),
        (HEADER, "labels no pair"),
        ("pair_id,label,synthetic0\n0001,1,0\n", "must start with the line pair_id,label"),
        (HEADER + "0001,1,0,0\n0001,1,0,0\n", "line 3: pair 0001 has come before"),
        (HEADER + '"0001"x,1,0,0\n', "line 2: not valid CSV"),
        (HEADER + "\xff,1,0,0\n", "is not UTF-8"),
    ],
)
def test_malformed_labels_are_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "labels.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=told) as caught:
        read_pair_labels(tmp_path / "labels.csv")
    assert "labels.csv" in str(caught.value)


def test_labels_of_photographs_are_not_labels_of_pairs(tmp_path: Path) -> None:
    for header, of_pairs in (("id,label", True), ("id,path,label", False), ("pair_id,image,label", False)):
        (tmp_path / "labels.csv").write_text(f"{header}\n")
        assert is_of_pairs(tmp_path / "labels.csv") is of_pairs
