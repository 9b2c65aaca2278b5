from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.shard_folder import ShardFolder, open_folder
from common.formats.shards import ShardHeader, ShardRows, write_shard
from common.models.crop_settings import CropSettings
from train.data.crop_settings import crop_settings_of

Make = Callable[..., ShardFolder]


@pytest.fixture
def folder(tmp_path: Path, make_rows: Callable[..., ShardRows], shard_header: ShardHeader) -> Make:
    def make(name: str, options: dict[str, Any] | None, source: str = "/photographs") -> ShardFolder:
        path = tmp_path / name / "shard-00000.h5"
        path.parent.mkdir()
        sha256 = write_shard(path, shard_header, make_rows(np.zeros((1, 112, 112, 3)), ["a"], [0]))
        if options is not None:
            entries = {path.name: ManifestEntry(path.name, 1, sha256, "", [])}
            write_manifest(path.parent, Manifest(ManifestHeader(source, options, 1), entries))
        return open_folder(path.parent)

    return make


WIDE = {"detector": "insightface:buffalo_l", "det-size": 1024, "min-score": 0.3, "shard-size": 256}
FOUND = CropSettings(detector="insightface:buffalo_l", det_size=1024, min_score=0.3)


def test_one_folder(folder: Make) -> None:
    assert crop_settings_of([folder("a", WIDE)]) == (FOUND, [])


def test_forgeries_are_followed_to_what_they_were_made_from(folder: Make, tmp_path: Path) -> None:
    aligned = folder("a", WIDE)
    forged = folder("f", {"methods": "swap", "seed": 0}, source=str(tmp_path / "a"))
    assert crop_settings_of([aligned, forged]) == (FOUND, [])
    assert crop_settings_of([forged]) == (FOUND, [])


def test_a_folder_that_does_not_tell_is_passed_over(folder: Make) -> None:
    strange = folder("s", {"detector": "retinaface", "det-size": "wide"})
    lost = folder("l", {"methods": "swap"}, source="/gone")
    assert crop_settings_of([folder("a", WIDE), folder("hand", None), strange, lost]) == (FOUND, [])


def test_folders_that_differ_or_do_not_tell_leave_it_open(folder: Make, tmp_path: Path) -> None:
    itself = folder("i", {"methods": "swap"}, source=str(tmp_path / "i"))
    for folders, told in [
        ([folder("a", WIDE), folder("b", WIDE | {"det-size": 640})], "aligned with different options"),
        ([folder("c", None), itself], "no manifest tells"),
        ([folder("n", {"detector": "none", "det-size": 640})], "no manifest tells"),
    ]:
        found, (note,) = crop_settings_of(folders)
        assert found is None and told in note
