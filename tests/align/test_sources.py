import json
from pathlib import Path

import pytest

from align.sources import Photograph, find_photographs
from common.errors import UserError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = [
        "B/2.jpg",
        "B/10.JPG",
        "A/x.png",
        "A/deep/y.webp",
        "Ångström/å.tiff",
        "A/notes.txt",
        "A/.hidden.jpg",
    ]
    for name in [*names, ".cache/z.jpg", "loose.jpg"]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "A" / "folder.jpg").mkdir()
    return tmp_path


def test_one_subfolder_per_person_sorted_by_path(folder: Path) -> None:
    assert find_photographs(folder) == [
        Photograph("A/deep/y.webp", "A", False),
        Photograph("A/x.png", "A", False),
        Photograph("B/10.JPG", "B", False),
        Photograph("B/2.jpg", "B", False),
        Photograph("Ångström/å.tiff", "Ångström", False),
    ]


def test_meta_json_flags_synthetic_photographs(folder: Path) -> None:
    meta = {"A/x.png": 1, "B/2.jpg": 0, "Ångström/å.tiff": True, "gone/0.jpg": 1}
    (folder / "meta.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")
    flagged = {photograph.path for photograph in find_photographs(folder) if photograph.synthetic}
    assert flagged == {"A/x.png", "Ångström/å.tiff"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not valid JSON"),
        ("", "not valid JSON"),
        ("\xff\xfe", "not valid JSON"),
        ("[1]", "must be an object"),
        ("null", "must be an object"),
        ('{"A/x.png": 2}', '"A/x.png" must be 0'),
        ('{"A/x.png": "1"}', '"A/x.png" must be 0'),
        ('{"A/x.png": null}', '"A/x.png" must be 0'),
        ('{"A/x.png": [1]}', '"A/x.png" must be 0'),
    ],
)
def test_a_malformed_meta_json_is_named(folder: Path, text: str, told: str) -> None:
    (folder / "meta.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=told) as caught:
        find_photographs(folder)
    assert "meta.json" in str(caught.value)


def test_nothing_to_align_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no such folder.*align sample"):
        find_photographs(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no photographs in"):
        find_photographs(tmp_path / "empty")
    (tmp_path / "empty" / "person").mkdir()
    (tmp_path / "empty" / "person" / "a.txt").write_text("x")
    with pytest.raises(UserError, match="no photographs in"):
        find_photographs(tmp_path / "empty")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="no such folder"):
        find_photographs(tmp_path / "file")
