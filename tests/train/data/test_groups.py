import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind
from common.formats.shards import ForgeryColumns, OriginColumns, ShardHeader, ShardRows, write_shard
from train.data.dataset import CropDataset
from train.data.groups import crop_groups
from train.data.split import held_out_groups


def test_people_of_one_forgery_and_of_one_picture_are_one_group(
    tmp_path: Path, make_rows: Callable[..., ShardRows], shard_header: ShardHeader
) -> None:
    names = ["anna", "bert", "carl", "dora", "emil", "anna"]
    images = np.zeros((6, 112, 112, 3), np.uint8)
    rows = make_rows(images, names, [0, 0, 0, 0, 0, 1])
    videos = OriginColumns(["", "clip", "", "", "", ""], [""] * 6)
    sources = [json.dumps([{"identity": name, "path": "x"} for name in ("anna", "carl", "zoe")])] + ["[]"] * 5
    made = ForgeryColumns(["swap"] * 6, ["{}"] * 6, sources[1:] + sources[:1])
    write_shard(tmp_path / "shard-00000.h5", shard_header, replace(rows, forged=made, origins=videos))
    dataset = CropDataset(tmp_path)
    groups, found = crop_groups(dataset, [DuplicateGroup((3, 4), DuplicateKind.EXACT)])
    assert found == ["anna", "bert", "dora"]
    assert [found[group] for group in groups] == ["anna", "bert", "anna", "dora", "dora", "anna"]


def test_each_kind_of_group_is_on_both_sides() -> None:
    kinds = {f"real{n}": {False} for n in range(20)} | {f"fake{n}": {True} for n in range(10)}
    kinds |= {f"both{n}": {True, False} for n in range(2)} | {"lonely": set()}
    held_out = held_out_groups(kinds, 0.2, seed=1)
    count = {kind: sum(name.startswith(kind) for name in held_out) for kind in ("real", "fake", "both")}
    assert count == {"real": 4, "fake": 2, "both": 1}
    assert held_out_groups(dict(reversed(kinds.items())), 0.2, seed=1) == held_out, "order plays no part"
    assert held_out_groups(kinds, 0.2, seed=2) != held_out
    assert held_out_groups({"one": {True}}, 0.5, seed=0) == set(), "the last one is trained on"


def test_frames_of_one_video_are_one_group_whoever_they_show(
    tmp_path: Path, make_rows: Callable[..., ShardRows], shard_header: ShardHeader
) -> None:
    rows = make_rows(np.zeros((4, 112, 112, 3), np.uint8), ["a", "b", "c", "d"], [0, 0, 1, 1])
    origins = OriginColumns(["000", "", "000\n003", "003"], [""] * 4)
    write_shard(tmp_path / "shard-00000.h5", shard_header, replace(rows, origins=origins))
    groups, found = crop_groups(CropDataset(tmp_path))
    assert [found[group] for group in groups] == ["a", "b", "a", "a"]
