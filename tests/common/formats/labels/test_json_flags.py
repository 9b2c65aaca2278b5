import json
from pathlib import Path

import pytest

from common.formats.labels.json_flags import read_json_flags
from common.runtime.errors import UserError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_flags_of_names_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    flags = {"A/x.png": 1, "B/2.jpg": 0, "Ångström/å.tiff": True, "../gone": False, "c": "1", "d": 0.0}
    (tmp_path / "meta.json").write_bytes(json.dumps(flags, ensure_ascii=False).encode(encoding))
    found = read_json_flags(tmp_path / "meta.json")
    assert found == {"A/x.png": True, "B/2.jpg": False, "Ångström/å.tiff": True, "../gone": False} | {
        "c": True,
        "d": False,
    }


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
        ('{"A/x.png": "01"}', '"A/x.png" must be 0'),
        ('{"A/x.png": null}', '"A/x.png" must be 0'),
        ('{"A/x.png": [1]}', '"A/x.png" must be 0'),
        ('{"A/x.png": {"a": 1}}', '"A/x.png" must be 0'),
        ('{"a": 1, "b": 0, "a": 0}', '"a" comes twice, once as 0 and once as 1'),
    ],
)
def test_what_is_malformed_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "meta.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError, match=told) as caught:
        read_json_flags(tmp_path / "meta.json")
    assert "meta.json" in str(caught.value)


def test_a_key_that_comes_twice_with_one_flag_is_one(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text('{"a": 1, "a": true}')
    assert read_json_flags(tmp_path / "meta.json") == {"a": True}
