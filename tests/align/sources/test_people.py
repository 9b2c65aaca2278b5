import json
from pathlib import Path

import pytest

from align.sources.people import people, read_meta
from align.sources.photograph import Photograph
from common.errors import UserError

PATHS = ["A/deep/y.webp", "A/x.png", "B/10.JPG", "B/2.jpg", "loose.jpg", "Ångström/å.tiff"]


def identities(*paths: str) -> dict[str, str]:
    return {photograph.path: photograph.identity for photograph in people(sorted(paths), {})}


def test_the_top_folder_is_the_person_and_loose_photographs_are_passed_over() -> None:
    assert people(PATHS, {"A/x.png": True, "B/2.jpg": False, "gone/0.jpg": True, "loose.jpg": True}) == [
        Photograph("A/deep/y.webp", "A", False),
        Photograph("A/x.png", "A", True),
        Photograph("B/10.JPG", "B", False),
        Photograph("B/2.jpg", "B", False),
        Photograph("Ångström/å.tiff", "Ångström", False),
    ]


def test_the_photographs_of_a_person_share_one_string() -> None:
    first, second = people(["some one/0.jpg", "some one/b/1.jpg"], {})
    assert first.identity is second.identity


def test_below_splits_the_second_folder_is_the_person() -> None:
    assert identities("train/anna/0.jpg", "VAL/anna/x/1.jpg", "test/boris/0.jpg", "cover.jpg") == {
        "train/anna/0.jpg": "anna",
        "VAL/anna/x/1.jpg": "anna",
        "test/boris/0.jpg": "boris",
    }


def test_photographs_loose_in_a_split_are_nobodys() -> None:
    assert identities("train/anna/0.jpg", "train/stray.jpg") == {"train/anna/0.jpg": "anna"}


def test_splits_beside_other_folders_or_without_folders_in_them_are_people() -> None:
    assert identities("train/anna/0.jpg", "zoe/0.jpg") == {"train/anna/0.jpg": "train", "zoe/0.jpg": "zoe"}
    assert identities("dev/0.jpg", "test/0.jpg") == {"dev/0.jpg": "dev", "test/0.jpg": "test"}


def test_meta_json_flags_paths(tmp_path: Path) -> None:
    assert read_meta(tmp_path) == {}
    meta = {"A/x.png": 1, "B/2.jpg": 0, "Ångström/å.tiff": True, "../gone": False}
    (tmp_path / "meta.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
    assert read_meta(tmp_path) == {key: bool(value) for key, value in meta.items()}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ("\xff\xfe", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1]", "must be an object"),
        ("null", "must be an object"),
        ('{"A/x.png": 2}', '"A/x.png" must be 0'),
        ('{"A/x.png": "1"}', '"A/x.png" must be 0'),
        ('{"A/x.png": null}', '"A/x.png" must be 0'),
        ('{"A/x.png": [1]}', '"A/x.png" must be 0'),
    ],
)
def test_a_malformed_meta_json_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "meta.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=told) as caught:
        read_meta(tmp_path)
    assert "meta.json" in str(caught.value)


def test_a_folder_around_the_people_is_nobody() -> None:
    paths = ["lfw/anna/0.jpg", "lfw/anna/1.jpg", "lfw/boris/0.jpg"]
    assert [photograph.identity for photograph in people(paths, {})] == ["anna", "anna", "boris"]
    split = ["lfw/train/anna/0.jpg", "lfw/val/boris/0.jpg"]
    assert [photograph.identity for photograph in people(split, {})] == ["anna", "boris"]
    album = ["anna/0.jpg", "anna/album/1.jpg"]
    assert [photograph.identity for photograph in people(album, {})] == ["anna", "anna"]
