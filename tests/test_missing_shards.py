"""Every command that reads a folder of shards tells of one that is listed and not there."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.crop_frame import ARCFACE_POINTS
from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.shards import ShardHeader, ShardRows, write_shard
from train.config import TrainConfig
from train.load_config import load_config
from train.tasks.verification.data import prepare_data

Crop = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
LOST = "1 of the 3 shards that it lists is missing, with 8 of 24 crops (shard-00001.h5)"


@pytest.fixture(scope="module")
def lacking(
    tmp_path_factory: pytest.TempPathFactory,
    crops: list[Crop],
    variant: Callable[[Crop, int, bool], Crop],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
) -> Path:
    """Two people in each of three shards, of which the second was deleted."""
    folder = tmp_path_factory.mktemp("shards")
    entries = {}
    for number in range(3):
        people = [2 * number, 2 * number + 1]
        images = [variant(crops[person], 9 * person + n, False) for person in people for n in range(4)]
        rows = make_rows(images, [f"person{person}" for person in people for _ in range(4)], [0] * 8)
        rows = replace(rows, landmarks=np.repeat(ARCFACE_POINTS[None].astype(np.float32), 8, axis=0))
        name = f"shard-{number:05d}.h5"
        entries[name] = ManifestEntry(name, 8, write_shard(folder / name, shard_header, rows), "", [])
    write_manifest(folder, Manifest(ManifestHeader("/photographs", {}, 3), entries))
    (folder / "shard-00001.h5").unlink()
    return folder


@pytest.mark.slow
def test_every_command_says_so(
    run_commands: Callable[..., list[Finished]],
    assert_refused: Callable[[Finished, str], None],
    lacking: Path,
    tmp_path: Path,
) -> None:
    embed = ["infer", "embed", lacking, "--out", "x.h5", "--model", "random:ir_lite"]
    forge = ["align", "forge", lacking, "--out", "forged", "--workers", "1"]
    done = run_commands(
        [
            ["train", "run", "--data", lacking],
            embed,
            forge,
            ["align", "info", lacking],
            ["align", "show", lacking],
            [*embed, "--allow-missing"],
            [*forge, "--allow-missing"],
        ],
        tmp_path,
    )
    for refused in done[:3]:
        assert_refused(refused, LOST)
        assert "--allow-missing" in refused.stderr
    for told in done[3:]:
        assert told.returncode == 0 and f"note: {lacking}: {LOST}" in told.stdout, told.stderr
    assert "16 embeddings" in done[5].stdout
    assert "16 forgeries of 16 bona fide crops" in done[6].stdout


def test_training_takes_what_is_there_where_it_is_told(lacking: Path, tmp_path: Path) -> None:
    changes = {"data": [str(lacking)], "allow_missing": True, "batch.size": 8, "batch.photos_per_identity": 4}
    data = prepare_data(load_config(TrainConfig, None, changes), tmp_path / "split.json")
    assert len(data.dataset) == 16
    assert any(LOST in note for note in data.notes)
