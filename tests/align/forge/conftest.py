"""Shards of real faces that know where their landmarks are."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from common.formats.crop_frame import ARCFACE_POINTS
from common.formats.shards import Alignment, ShardHeader, ShardRows, write_shard

Crop = NDArray[np.uint8]
WriteFaces = Callable[..., Path]


@pytest.fixture(scope="session")
def write_faces(
    crops: list[Crop], make_rows: Callable[..., ShardRows], shard_header: ShardHeader
) -> WriteFaces:
    """Writes a folder of shards: one for each list of persons (0 to 5), a bona fide crop of each.

    Every crop was taken from a photograph of its own, in which the face lies elsewhere.
    """

    def rows(people: Sequence[int], first: int) -> ShardRows:
        images = [np.roll(crops[person], first + place, axis=1) for place, person in enumerate(people)]
        made = make_rows(images, [f"person {person}" for person in people], [0] * len(people))
        moved = [ARCFACE_POINTS * (1 + 0.1 * place) + 20 + first for place in range(len(people))]
        return dataclasses.replace(
            made,
            landmarks=np.array(moved, np.float32).reshape(-1, 5, 2),
            path=[f"{person}/{first + place}.jpg" for place, person in enumerate(people)],
            box=made.box + first,
        )

    def write(
        folder: Path, shards: Sequence[Sequence[int]], **changes: Callable[[ShardRows], ShardRows]
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        first = 0
        for number, people in enumerate(shards):
            made = changes.get(f"shard{number}", lambda same: same)(rows(people, first))
            write_shard(folder / f"shard-{number:05d}.h5", shard_header, made)
            first += len(people)
        return folder

    return write


@pytest.fixture
def faces(tmp_path: Path, write_faces: WriteFaces) -> Path:
    """Two shards: seven bona fide faces of five people, a synthetic one, and a crop without a face."""

    def second(rows: ShardRows) -> ShardRows:
        landmarks, alignment = rows.landmarks.copy(), rows.alignment.copy()
        landmarks[0], alignment[0] = np.nan, Alignment.CENTRE
        synthetic = np.array([0, 0, 1, 0], np.uint8)
        return dataclasses.replace(rows, landmarks=landmarks, alignment=alignment, synthetic=synthetic)

    return write_faces(tmp_path / "faces", [[0, 0, 1, 2, 3], [4, 4, 1, 2]], shard1=second)
