import json
from dataclasses import replace
from pathlib import Path

import pytest

from common.formats.manifest import (
    MANIFEST_FILE,
    Manifest,
    ManifestEntry,
    ManifestHeader,
    append_entry,
    read_manifest,
    write_manifest,
)
from common.runtime.errors import UserError

HEADER = ManifestHeader("/Bilder/Åsa", {"detector": "retinaface", "size": 112, "margin": 0.0}, 2)
FIRST = ManifestEntry("shard-00000.h5", 3, "aa", "bb", [["Åsa/1.jpg", "no face found"]])
SECOND = ManifestEntry("shard-00001.h5", 4, "cc", "dd", [], frames=32, faceless=3)


def entries(folder: Path) -> dict[str, ManifestEntry]:
    found = read_manifest(folder)
    assert found is not None and found.header == HEADER
    return found.entries


def test_round_trip_in_order(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    write_manifest(tmp_path, Manifest(HEADER, {SECOND.shard: SECOND, FIRST.shard: FIRST}))
    assert list(entries(tmp_path).items()) == [(entry.shard, entry) for entry in (FIRST, SECOND)]
    text = (tmp_path / MANIFEST_FILE).read_text(encoding="utf-8")
    assert text.count("Åsa") == 2 and len(text.splitlines()) == 3
    assert list(tmp_path.iterdir()) == [tmp_path / MANIFEST_FILE]


def test_the_order_of_writing_does_not_change_a_byte(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    write_manifest(tmp_path / "one", Manifest(HEADER, {FIRST.shard: FIRST, SECOND.shard: SECOND}))
    write_manifest(tmp_path / "two", Manifest(HEADER))
    append_entry(tmp_path / "two", SECOND)
    append_entry(tmp_path / "two", FIRST)
    found = read_manifest(tmp_path / "two")
    assert found is not None
    write_manifest(tmp_path / "two", found)
    one, two = ((tmp_path / name / MANIFEST_FILE).read_bytes() for name in ("one", "two"))
    assert one == two


def test_the_line_that_a_killed_run_was_writing_is_passed_over(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest(HEADER))
    append_entry(tmp_path, FIRST)
    append_entry(tmp_path, SECOND)
    whole = (tmp_path / MANIFEST_FILE).read_bytes()
    start_of_second = whole.index(b'{"shard": "shard-00001')
    for end in range(start_of_second, len(whole) - 1):
        (tmp_path / MANIFEST_FILE).write_bytes(whole[:end])
        found = entries(tmp_path)
        assert found.pop(FIRST.shard) == FIRST
        assert found in ({}, {SECOND.shard: SECOND})


def test_a_later_line_for_a_shard_counts(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest(HEADER, {FIRST.shard: FIRST}))
    changed = ManifestEntry(FIRST.shard, 9, "ee", "ff", [])
    append_entry(tmp_path, changed)
    assert entries(tmp_path) == {FIRST.shard: changed}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "hello\n",
        "[]\n",
        json.dumps({"format": "facetrust-manifest-9", "source": "x", "layout": "people", "options": {}}),
        json.dumps({"format": "facetrust-manifest-1", "source": "x"}),
        json.dumps({"format": "facetrust-manifest-2", "source": "x", "layout": "people"}),
        json.dumps({"format": "facetrust-manifest-2", "source": "x", "layout": "people", "options": []}),
        "[" * 100_000,
        "\x00\n",
    ],
)
def test_a_foreign_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(content)
    with pytest.raises(UserError, match=r"manifest\.jsonl is not a manifest of this version"):
        read_manifest(tmp_path)


def test_a_manifest_without_the_whole_of_its_header_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest(HEADER))
    header = (tmp_path / MANIFEST_FILE).read_bytes()
    for end in range(len(header) - 1):
        (tmp_path / MANIFEST_FILE).write_bytes(header[:end])
        with pytest.raises(UserError, match="not a manifest of this version"):
            read_manifest(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        '{"shard": "x"}',
        '"text"',
        '{"other": 1}',
        "\xff",
        json.dumps({**vars(SECOND), "rows": "4"}),
        json.dumps({**vars(SECOND), "rows": None}),
        json.dumps({**vars(SECOND), "shard": 1}),
        json.dumps({**vars(SECOND), "sha256": None}),
        json.dumps({**vars(SECOND), "rejected": {}}),
        json.dumps({**vars(SECOND), "rejected": ["ab"]}),
        json.dumps({**vars(SECOND), "rejected": [["a.jpg", "reason", "more"]]}),
        json.dumps({**vars(SECOND), "rejected": [["a.jpg", 1]]}),
    ],
)
def test_lines_that_are_no_entries_are_passed_over(tmp_path: Path, line: str) -> None:
    write_manifest(tmp_path, Manifest(HEADER, {FIRST.shard: FIRST}))
    with (tmp_path / MANIFEST_FILE).open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    append_entry(tmp_path, replace(SECOND, shard="shard-00002.h5"))
    assert list(entries(tmp_path)) == [FIRST.shard, "shard-00002.h5"]


def test_a_name_with_a_line_break_of_unicode_is_one_line(tmp_path: Path) -> None:
    odd = replace(FIRST, rejected=[["p\u2028q\x85r\x0c.jpg", "no face found"]])
    write_manifest(tmp_path, Manifest(HEADER, {odd.shard: odd}))
    append_entry(tmp_path, SECOND)
    assert entries(tmp_path) == {odd.shard: odd, SECOND.shard: SECOND}
