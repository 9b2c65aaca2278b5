"""What the docstrings and examples of the library name: photographs of two people, of a group, and shards."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import facetrust as ft
from common.formats.shards import ShardHeader, ShardRows, write_shard

Crop = NDArray[np.uint8]


@pytest.fixture(scope="session")
def model() -> ft.Model:
    return ft.load_model("random:ir_lite")


@pytest.fixture(scope="session")
def user_folder(
    tmp_path_factory: pytest.TempPathFactory,
    group_photograph: Crop,
    portraits: list[Crop],
    crops: list[Crop],
    save_jpeg: Callable[[Path, Crop], Path],
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
    make_classifier: Callable[..., Path],
) -> Path:
    """Not to be changed."""
    folder = tmp_path_factory.mktemp("user")
    save_jpeg(folder / "group.jpg", group_photograph)
    save_jpeg(folder / "anna.jpg", portraits[0])
    save_jpeg(folder / "somebody.jpg", portraits[1])
    shards = folder / "datasets" / "processed_images"
    shards.mkdir(parents=True)
    write_shard(shards / "shard-00000.h5", shard_header, make_rows(crops[:2], ["anna", "berta"], [0, 1]))
    shutil.copy(make_classifier(), folder / "classifier.safetensors")
    return folder
