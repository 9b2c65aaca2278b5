import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from common.formats.shards import ShardHeader, ShardRows, write_shard
from common.runtime.errors import UserError
from train.data.dataset import CropDataset


def test_rows_of_both_shards_in_the_order_asked_for(tiny_shards: Path) -> None:
    dataset = CropDataset(tiny_shards)
    assert len(dataset) == 54 and dataset.size == 112
    assert list(dataset.identity_names) == [f"person{n}" for n in range(6)]
    np.testing.assert_array_equal(dataset.identities, np.repeat(np.arange(6), 9))
    np.testing.assert_array_equal(dataset.synthetic, np.tile(np.arange(9) >= 6, 6))
    rows = [53, 0, 26, 27, 0]
    crops, identities, synthetic = dataset[rows]
    assert crops.shape == (5, 3, 112, 112) and crops.dtype == torch.uint8
    with h5py.File(tiny_shards / "shard-00000.h5") as one, h5py.File(tiny_shards / "shard-00001.h5") as two:
        expected = [
            two["images"][26],
            one["images"][0],
            one["images"][26],
            two["images"][0],
            one["images"][0],
        ]
    np.testing.assert_array_equal(crops.numpy(), np.stack(expected).transpose(0, 3, 1, 2))
    assert identities.tolist() == [5, 0, 2, 3, 0] and identities.dtype == torch.int64
    assert synthetic.tolist() == [True, False, True, False, False]


def test_an_empty_shard_among_others_is_no_harm(
    tiny_shards: Path, tmp_path: Path, shard_header: ShardHeader, make_rows: Callable[..., ShardRows]
) -> None:
    for path in tiny_shards.iterdir():
        shutil.copy(path, tmp_path / path.name.replace("00001", "00002"))
    write_shard(tmp_path / "shard-00001.h5", shard_header, make_rows([], [], []))
    dataset, whole = CropDataset(tmp_path), CropDataset(tiny_shards)
    everything = list(range(54))
    assert torch.equal(dataset[everything].crops, whole[everything].crops)


def test_crops_that_the_encoder_does_not_take_are_refused(
    tiny_shards: Path, tmp_path: Path, shard_header: ShardHeader, make_rows: Callable[..., ShardRows]
) -> None:
    dataset = CropDataset(tiny_shards)
    dataset.require(112)
    with pytest.raises(UserError, match=r"112x112 pixels .* takes 224x224 .* --size 224"):
        dataset.require(224)
    loose = dataclasses.replace(shard_header, template="loose", margin=0.3)
    images = [np.zeros((112, 112, 3), np.uint8)]
    write_shard(tmp_path / "shard-00000.h5", loose, make_rows(images, ["anna"], [0]))
    with pytest.raises(UserError, match="template 'loose'"):
        CropDataset(tmp_path).require(112)


def test_shards_that_do_not_belong_together_are_refused(
    tiny_shards: Path, tmp_path: Path, shard_header: ShardHeader, make_rows: Callable[..., ShardRows]
) -> None:
    shutil.copy(tiny_shards / "shard-00000.h5", tmp_path)
    other = dataclasses.replace(shard_header, detector_sha256="cd" * 32)
    write_shard(tmp_path / "shard-00001.h5", other, make_rows([], [], []))
    with pytest.raises(UserError, match="differ in detector"):
        CropDataset(tmp_path)


def test_only_empty_shards_are_refused(
    tmp_path: Path, shard_header: ShardHeader, make_rows: Callable[..., ShardRows]
) -> None:
    write_shard(tmp_path / "shard-00000.h5", shard_header, make_rows([], [], []))
    with pytest.raises(UserError, match="no face was found"):
        CropDataset(tmp_path)


def test_a_truncated_shard_is_refused(tiny_shards: Path, tmp_path: Path) -> None:
    content = (tiny_shards / "shard-00000.h5").read_bytes()
    (tmp_path / "shard-00000.h5").write_bytes(content[:9999])
    with pytest.raises(UserError, match="truncated"):
        CropDataset(tmp_path)
