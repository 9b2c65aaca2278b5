import json
from pathlib import Path

import pytest

from align.manifest import MANIFEST_FILE, ManifestEntry, append_entry, read_manifest, start_manifest
from common.errors import UserError

FIRST = ManifestEntry("shard-00000.h5", 3, "aa", "bb", [["Åsa/1.jpg", "no face found"]])
SECOND = ManifestEntry("shard-00001.h5", 4, "cc", "dd", [])


def test_round_trip_in_order(tmp_path: Path) -> None:
    assert read_manifest(tmp_path, tmp_path) == {}
    start_manifest(tmp_path, tmp_path, [SECOND, FIRST])
    assert list(read_manifest(tmp_path, tmp_path).items()) == [(e.shard, e) for e in (FIRST, SECOND)]
    assert "Åsa" in (tmp_path / MANIFEST_FILE).read_text(encoding="utf-8")


def test_the_line_that_a_killed_run_was_writing_is_passed_over(tmp_path: Path) -> None:
    start_manifest(tmp_path, tmp_path, [])
    append_entry(tmp_path, FIRST)
    append_entry(tmp_path, SECOND)
    whole = (tmp_path / MANIFEST_FILE).read_bytes()
    start_of_second = whole.index(b'{"shard": "shard-00001')
    for end in range(start_of_second, len(whole) - 1):
        (tmp_path / MANIFEST_FILE).write_bytes(whole[:end])
        found = read_manifest(tmp_path, tmp_path)
        assert found.pop(FIRST.shard) == FIRST
        assert found in ({}, {SECOND.shard: SECOND})


def test_a_later_line_for_a_shard_counts(tmp_path: Path) -> None:
    start_manifest(tmp_path, tmp_path, [FIRST])
    changed = ManifestEntry(FIRST.shard, 9, "ee", "ff", [])
    append_entry(tmp_path, changed)
    assert read_manifest(tmp_path, tmp_path) == {FIRST.shard: changed}


def test_the_shards_of_another_source_are_left_alone(tmp_path: Path) -> None:
    start_manifest(tmp_path, tmp_path / "one", [FIRST])
    with pytest.raises(UserError, match=r"holds shards of .*one; name another folder with --out"):
        read_manifest(tmp_path, tmp_path / "two")


@pytest.mark.parametrize("content", ["", "hello\n", "[]\n", json.dumps({"format": "facetrust-manifest-9"})])
def test_a_foreign_manifest_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(content)
    with pytest.raises(UserError, match="not a manifest of this version"):
        read_manifest(tmp_path, tmp_path)


@pytest.mark.parametrize("line", ['{"shard": "x"}', '"text"', '{"other": 1}', "\xff"])
def test_lines_that_are_no_entries_are_passed_over(tmp_path: Path, line: str) -> None:
    start_manifest(tmp_path, tmp_path, [FIRST])
    with (tmp_path / MANIFEST_FILE).open("ab") as file:
        file.write(line.encode("latin-1") + b"\n")
    assert read_manifest(tmp_path, tmp_path) == {FIRST.shard: FIRST}
