"""What the tests of the chain to a fused encoder begin with: loose crops of the tiny people, a recogniser."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from common.formats.crop_frame import ARCFACE_POINTS
from common.formats.manifest import Manifest, ManifestEntry, ManifestHeader, write_manifest
from common.formats.shards import open_shard, read_header, read_rows, write_shard
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.input_format import InputFormat


@pytest.fixture(scope="session")
def wide_shards(tmp_path_factory: pytest.TempPathFactory, tiny_shards: Path) -> Path:
    """The crops of `tiny_shards`, twice as large, called loose; not to be changed."""
    folder = tmp_path_factory.mktemp("wide_shards")
    entries = {}
    for path in sorted(tiny_shards.glob("*.h5")):
        with open_shard(path) as shard:
            header, rows = read_header(shard), read_rows(shard)
        landmarks = ARCFACE_POINTS[None].repeat(len(rows), axis=0).astype("float32")
        loose = replace(header, template="loose", margin=0.5, size=224)
        images = rows.images.repeat(2, axis=1).repeat(2, axis=2)
        write_shard(folder / path.name, loose, replace(rows, images=images, landmarks=landmarks))
        entries[path.name] = ManifestEntry(path.name, len(rows), "0", "0", [])
    options = {"detector": "retinaface", "template": "loose", "margin": 0.5, "size": 224}
    write_manifest(folder, Manifest(ManifestHeader("/photographs", options, len(entries)), entries))
    return folder


@pytest.fixture(scope="session")
def recogniser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a random ir_lite, without its run."""
    torch.manual_seed(3)
    info = CheckpointInfo(
        backbone="ir_lite", input_format=InputFormat(), threshold=0.4, eer=0.1, accuracy=0.9, epoch=1, step=1,
        run="20260101-000000", validation="v", trained_on="faces",
    )  # fmt: skip
    path = tmp_path_factory.mktemp("recogniser") / "checkpoints" / "own.safetensors"
    path.parent.mkdir()
    save_checkpoint(path, Encoder("ir_lite"), info)
    return path


@pytest.fixture
def challenge(tiny_shards: Path, wide_shards: Path, recogniser: Path, tmp_path: Path) -> dict[str, object]:
    """Settings of `challenge` for the tiny people: of the six, four are held out."""
    return {
        "data": [str(tiny_shards)], "wide": [str(wide_shards)], "recogniser": str(recogniser),
        "recogniser_config": "cpu", "recogniser_set": ("backbone=ir_lite",), "held_out": 0.67,
        "out": str(tmp_path),
    }  # fmt: skip
