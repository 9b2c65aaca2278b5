import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from align.forge.crops import SourceCrops
from align.forge.options import ForgeOptions
from align.forge.run import forge_folder
from common.formats.crop_frame import ARCFACE_POINTS
from common.formats.shards import OriginColumns, ShardRows, open_shard, origin_columns

WriteFaces = Callable[..., Path]


def test_rows_run_through_all_shards(write_faces: WriteFaces, tmp_path: Path) -> None:
    folder = write_faces(tmp_path / "in", [[0, 1], [], [2], [0, 3, 0]])
    crops = SourceCrops(folder)
    assert [list(crops.rows(shard)) for shard in range(4)] == [[0, 1], [], [2], [3, 4, 5]]
    people = [crops.record(row).identity for row in range(6)]
    assert people == [f"person {n}" for n in (0, 1, 2, 0, 3, 0)]
    assert crops.identities[0] == crops.identities[3] == crops.identities[5]
    assert len(set(crops.identities.tolist())) == 4
    for row, (shard, place) in enumerate([(0, 0), (0, 1), (2, 0), (3, 0), (3, 1), (3, 2)]):
        with open_shard(folder / f"shard-{shard:05d}.h5") as file:
            np.testing.assert_array_equal(crops.image(row), file["images"][place])
            np.testing.assert_array_equal(crops.record(row).landmarks, file["landmarks"][place])
            assert crops.record(row).path == file["path"].asstr()[place]


def test_landmarks_lie_in_the_crops_and_only_bona_fide_faces_are_usable(faces: Path) -> None:
    crops = SourceCrops(faces)
    assert crops.usable.tolist() == [0, 1, 2, 3, 4, 6, 8]
    assert np.isnan(crops.landmarks[5]).all()
    assert crops.bona_fide.tolist() == [True] * 7 + [False, True]
    np.testing.assert_allclose(crops.landmarks[crops.usable], np.tile(ARCFACE_POINTS, (7, 1, 1)), atol=1e-3)


def test_a_forgery_belongs_to_the_videos_of_both_its_photographs(
    write_faces: WriteFaces, tmp_path: Path
) -> None:
    videos = ["", "v1", "v2", "v3"]

    def with_videos(rows: ShardRows) -> ShardRows:
        return dataclasses.replace(rows, origins=OriginColumns(videos, [""] * 4))

    folder = write_faces(tmp_path / "in", [[0, 1, 2, 3]], shard0=with_videos)
    forge_folder(folder, tmp_path / "out", ForgeOptions(methods=("swap",)))
    with open_shard(tmp_path / "out" / "shard-00000.h5") as shard:
        made, sources = origin_columns(shard), [json.loads(text) for text in shard["sources"].asstr()]
    assert made is not None and len(made.groups) == 4
    of_person = {f"person {number}": {video} - {""} for number, video in enumerate(videos)}
    for groups, (shown, photograph) in zip(made.groups, sources, strict=True):
        assert (
            set(groups.split("\n")) - {""} == of_person[shown["identity"]] | of_person[photograph["identity"]]
        )
