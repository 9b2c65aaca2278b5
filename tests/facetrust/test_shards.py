from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import facetrust as ft
from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.shards import ForgeryColumns, ShardHeader, ShardRows, write_shard

Rows = Callable[..., ShardRows]
Crop = NDArray[np.uint8]


def test_what_was_written_is_read(tmp_path: Path, make_rows: Rows, shard_header: ShardHeader) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    parts = [make_rows(images[:2], ["anna", "bo"], [0, 1]), make_rows(images[2:], ["zoë"], [1])]
    forged = ForgeryColumns(["swap"], ["{}"], ["[]"])
    parts[1] = ShardRows(**{**vars(parts[1]), "forged": forged})
    for number, rows in enumerate(parts):
        write_shard(tmp_path / f"shard-{number:05d}.h5", shard_header, rows)
    for found, written in zip(ft.read_shards(str(tmp_path)), parts, strict=True):
        assert isinstance(found, ft.ShardRows)
        for name, value in vars(written).items():
            np.testing.assert_array_equal(getattr(found, name), value, err_msg=name)
        assert found.images.dtype == found.synthetic.dtype == np.uint8


def test_the_manifest_is_honoured(tmp_path: Path, make_rows: Rows, shard_header: ShardHeader) -> None:
    with pytest.raises(ft.UserError, match="no such folder"):
        ft.read_shards(tmp_path / "gone")
    rows = make_rows(np.zeros((1, 112, 112, 3)), ["a"], [0])
    write_shard(tmp_path / "shard-00000.h5", shard_header, rows)
    entries = {name: ManifestEntry(name, 1, "", "", []) for name in ("shard-00000.h5", "shard-00001.h5")}
    write_manifest(tmp_path, Manifest(ManifestHeader("", {}, 2), entries))
    with pytest.raises(ft.UserError, match=r"1 of the 2 shards .* is missing.* add allow_missing to take"):
        ft.read_shards(tmp_path)  # told by the call, not by the first shard
    assert [len(part) for part in ft.read_shards(tmp_path, allow_missing=True)] == [1]
