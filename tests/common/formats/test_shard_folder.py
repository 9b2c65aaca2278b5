import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.shard_folder import is_shard_folder, open_folder
from common.formats.shards import ShardHeader, ShardRows, write_shard
from common.runtime.errors import UserError

Rows = Callable[..., ShardRows]


@pytest.fixture
def folder(tmp_path: Path, make_rows: Rows, shard_header: ShardHeader) -> Path:
    """Three shards of two crops each, as `align run` would have left them."""
    entries = {}
    for number in range(3):
        name = f"shard-{number:05d}.h5"
        rows = make_rows(np.full((2, 112, 112, 3), number, np.uint8), ["a", "b"], [0, 1])
        sha256 = write_shard(tmp_path / name, shard_header, rows)
        entries[name] = ManifestEntry(name, 2, sha256, "inputs", [])
    write_manifest(tmp_path, Manifest(ManifestHeader("/photographs", {}, 3), entries))
    return tmp_path


def test_a_whole_folder_has_nothing_to_say(folder: Path) -> None:
    found = open_folder(folder).require_whole()
    assert [path.name for path in found.shards] == [f"shard-0000{n}.h5" for n in range(3)]
    assert found.problems == () and found.notes == [] and found.manifest is not None


def test_a_listed_shard_that_is_gone_is_named_with_what_is_lost(folder: Path) -> None:
    (folder / "shard-00001.h5").unlink()
    found = open_folder(folder)
    (problem,) = found.problems
    assert problem == "1 of the 3 shards that it lists is missing, with 2 of 6 crops (shard-00001.h5)"
    assert found.notes == [f"{folder}: {problem}"]
    with pytest.raises(UserError, match=rf"{re.escape(problem)}.*allow_missing"):
        found.require_whole()
    assert found.require_whole(allow_missing=True) is found and len(found.shards) == 2


def test_a_shard_with_other_rows(folder: Path, make_rows: Rows, shard_header: ShardHeader) -> None:
    write_shard(folder / "shard-00002.h5", shard_header, make_rows(np.zeros((1, 112, 112, 3)), ["a"], [0]))
    assert open_folder(folder).problems == ("1 shard of it has another number of crops (shard-00002.h5)",)


def test_shards_that_nobody_listed(folder: Path) -> None:
    for name in "abcde":
        (folder / f"shard-{name}.h5").write_bytes((folder / "shard-00000.h5").read_bytes())
    (problem,) = open_folder(folder).problems
    assert problem == "5 shards are not in it (shard-a.h5, shard-b.h5, shard-c.h5 and 2 more)"


@pytest.mark.parametrize("is_written", [True, False])
def test_a_run_that_was_killed(folder: Path, is_written: bool) -> None:
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    (folder / "manifest.jsonl").write_text("\n".join([*lines[:3], lines[3][:40]]))
    if not is_written:
        (folder / "shard-00002.h5").unlink()
    problems = open_folder(folder).problems
    assert problems[-1] == "the run that makes it is not finished, 2 of 3 shards are made"
    assert (problems[0] == "1 shard is not in it (shard-00002.h5)") == is_written


def test_several_problems_are_one_line(folder: Path) -> None:
    (folder / "shard-00000.h5").unlink()
    (folder / "shard-00001.h5").rename(folder / "shard-9.h5")
    with pytest.raises(UserError) as refused:
        open_folder(folder).require_whole()
    assert "2 of the 3 shards" in str(refused.value) and "1 shard is not in it (shard-9.h5)" in str(
        refused.value
    )
    assert "\n" not in str(refused.value)


def test_shards_made_by_hand_are_taken_and_told(folder: Path) -> None:
    (folder / "manifest.jsonl").unlink()
    found = open_folder(folder).require_whole()
    assert len(found.shards) == 3 and found.manifest is None
    assert found.notes == [f"{folder} has no manifest.jsonl: nothing tells whether its shards are all there"]


def test_a_folder_whose_shards_are_all_gone_is_still_one_of_shards(folder: Path, tmp_path: Path) -> None:
    assert is_shard_folder(folder) and not is_shard_folder(tmp_path / "absent")
    for path in folder.glob("*.h5"):
        path.unlink()
    assert is_shard_folder(folder)
    with pytest.raises(UserError, match=r"no shards in .*, where its manifest lists 3; run the command"):
        open_folder(folder)
    (folder / "manifest.jsonl").write_text('{"audio_filepath": "a.wav"}\n')
    assert not is_shard_folder(folder), "the manifest of somebody else"
    (folder / "manifest.jsonl").unlink()
    assert not is_shard_folder(folder)


def test_a_damaged_shard_is_refused(folder: Path) -> None:
    (folder / "shard-00001.h5").write_bytes((folder / "shard-00001.h5").read_bytes()[:900])
    with pytest.raises(UserError, match=r"shard-00001\.h5 is "):
        open_folder(folder)
