import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind
from common.formats.groups import group_text
from common.formats.shards import ForgeryColumns, OriginColumns, ShardHeader, ShardRows, write_shard
from train.data.dataset import CropDataset
from train.data.groups import crop_groups, crops_of_groups_with
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


NAMES = st.sampled_from("abcdefgh")
CROPS = st.lists(st.tuples(NAMES, st.sets(st.sampled_from("uvwxyz"), max_size=2), st.sets(NAMES, max_size=2)))


@pytest.mark.slow
@given(
    CROPS.filter(lambda crops: len({name for name, _, _ in crops}) > 3),
    st.sets(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=2),
    st.floats(0.05, 0.9),
    st.integers(0, 9),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_person_video_forgery_source_or_picture_is_on_both_sides(
    tmp_path_factory: pytest.TempPathFactory,
    make_rows: Callable[..., ShardRows],
    shard_header: ShardHeader,
    crops: list[tuple[str, set[str], set[str]]],
    pictures: set[tuple[int, int]],
    share: float,
    seed: int,
) -> None:
    folder, count = tmp_path_factory.mktemp("shards"), len(crops)
    names = [name for name, _, _ in crops]
    rows = make_rows(np.zeros((count, 112, 112, 3), np.uint8), names, [bool(made) for _, _, made in crops])
    origins = OriginColumns([group_text(videos) for _, videos, _ in crops], [""] * count)
    sources = [json.dumps([{"identity": name, "path": "x"} for name in made]) for _, _, made in crops]
    forged = ForgeryColumns(["swap" if made else "" for _, _, made in crops], ["{}"] * count, sources)
    write_shard(folder / "shard-00000.h5", shard_header, replace(rows, origins=origins, forged=forged))
    dataset = CropDataset(folder)
    same = [DuplicateGroup((one % count, two % count), DuplicateKind.EXACT) for one, two in pictures]
    groups, found = crop_groups(dataset, same)
    kinds = {name: set(dataset.synthetic[groups == group].tolist()) for group, name in enumerate(found)}
    held_out = crops_of_groups_with(held_out_groups(kinds, share, seed), dataset, groups)
    for each in ("person", "video", "picture"):
        sides: dict[str, set[bool]] = {}
        for row, (name, videos, made) in enumerate(crops):
            told = {"person": {name, *made}, "video": videos}.get(each)
            if told is None:
                told = {f"{number}" for number, group in enumerate(same) if row in group.rows}
            for value in told:
                sides.setdefault(value, set()).add(bool(held_out[row]))
        assert all(len(side) == 1 for side in sides.values()), each
    people = dataset.identity_names[np.unique(dataset.identities[held_out])].tolist()
    for some in ([people[-1]], people) if people else ():
        again = crops_of_groups_with(some, dataset, groups)
        assert not (again & ~held_out).any(), "a split of other data holds out no more than its own groups"
    assert np.array_equal(crops_of_groups_with(people, dataset, groups), held_out)
