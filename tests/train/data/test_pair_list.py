from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.formats.pair_category import PairCategory
from common.formats.pair_list import NOT_SAID
from common.formats.shards import ShardHeader, ShardRows, write_shard
from common.runtime.errors import UserError
from train.data.dataset import CropDataset
from train.data.pair_list import (
    ListedPairs,
    listed_identities,
    listed_synthetic,
    listed_validation_pairs,
    refuse_same_pairs,
    resolve_pair_list,
)

SAME, DIFFERENT, SYNTHETIC = (category.code for category in PairCategory)
# row 5 is a second face of row 4's photograph; row 6 lies at the top
PATHS = ["anna/0.jpg", "anna/1.jpg", "bob/0.jpg", "bob/1.jpg", "deep/er/0.jpg", "deep/er/0.jpg", "7.jpg"]
PEOPLE = ["anna", "anna", "bob", "bob", "er", "er", "7"]
FORGED = [0, 1, 0, 0, 0, 0, 0]

Lister = Callable[[str], ListedPairs]


@pytest.fixture(scope="module")
def dataset(
    tmp_path_factory: pytest.TempPathFactory, make_rows: Callable[..., ShardRows], shard_header: ShardHeader
) -> CropDataset:
    folder = tmp_path_factory.mktemp("shards")
    for number, part in enumerate((slice(0, 3), slice(3, 7))):
        images = [np.zeros((112, 112, 3), np.uint8)] * len(PATHS[part])
        rows = replace(make_rows(images, PEOPLE[part], FORGED[part]), path=PATHS[part])
        write_shard(folder / f"shard-{number:05d}.h5", shard_header, rows)
    return CropDataset(folder)


@pytest.fixture
def listed(dataset: CropDataset, tmp_path: Path) -> Lister:
    def read(text: str, name: str = "pairs.csv") -> ListedPairs:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return resolve_pair_list(dataset, tmp_path / name)

    return read


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("bob/0.jpg", 2),
        ("bob/1.jpg", 3),
        ("./bob//1.jpg", 3),
        ("datasets/raw_images/bob/0.jpg", 2),
        ("/data/faces/bob/0.jpg", 2),
        ("C:\\data\\bob\\0.jpg", 2),
        ("..\\bob\\1.jpg", 3),
        ("raw/anna/../bob/1.jpg", 3),
        ("deep/er/0.jpg", 4),
        ("x/" * 500 + "deep/er/0.jpg", 4),
        ("7.jpg", 6),
        ("anywhere/7.jpg", 6),
        ("er/0.jpg", 4),
        ("0.jpg", None),
        ("bob/0.png", None),
        ("Bob/0.jpg", None),
        ("bob/0.jpg/", 2),
        ("xbob/0.jpg", None),
        ("/", None),
        (".", None),
    ],
)
def test_which_crop_a_path_means(listed: Lister, path: str, row: int | None) -> None:
    found = listed(f"anna/0.jpg,{path},0\nanna/0.jpg,bob/0.jpg,0\n")
    assert found.dropped == (row is None)
    assert found.rows.tolist() == ([] if row is None else [[0, row]]) + [[0, 2]]
    assert found.lines.tolist() == ([] if row is None else [1]) + [2]


@pytest.mark.parametrize(
    ("path", "row"), [("Bob/0.JPG", 2), ("bob/0.png", 2), ("bob/000.jpg", 2), ("bob/images/0.jpg", 2)]
)
def test_a_path_that_is_written_otherwise_is_found_and_told(listed: Lister, path: str, row: int) -> None:
    found = listed(f"anna/0.jpg,{path},0")
    assert found.rows.tolist() == [[0, row]] and found.dropped == 0
    assert any(f"'{path}' is 'bob/0.jpg'" in note for note in found.notes)


def test_a_list_of_which_most_is_not_there_is_refused_unless_that_is_allowed(
    dataset: CropDataset, listed: Lister, tmp_path: Path
) -> None:
    text = "anna/0.jpg,bob/0.jpg,0\nanna/0.jpg,carl/9.jpg,0\nanna/9.jpg,bob/0.jpg,0\n"
    told = "2 of 3 pairs have a photograph that is not among the crops, the first is 'carl/9.jpg'"
    with pytest.raises(UserError, match=told):
        listed(text)
    found = resolve_pair_list(dataset, tmp_path / "pairs.csv", allow_missing=True)
    assert found.dropped == 2 and found.rows.tolist() == [[0, 2]]


def test_headers_of_others_and_no_labels(dataset: CropDataset, listed: Lister, tmp_path: Path) -> None:
    found = listed("pathA,pathB,label,deepfake_a,deepfake_b\nanna/0.jpg,bob/0.jpg,0,1,0\n")
    assert found.categories.tolist() == [SYNTHETIC] and any("pathA as path1" in note for note in found.notes)
    (tmp_path / "pairs.csv").write_text("eins,zwei,gleich\nanna/0.jpg,bob/0.jpg,0\n")
    columns = "path1=eins,path2=zwei,label=gleich"
    assert resolve_pair_list(dataset, tmp_path / "pairs.csv", columns).rows.tolist() == [[0, 2]]
    with pytest.raises(UserError, match="has no labels; training takes"):
        listed("anna/0.jpg,bob/0.jpg\n")


def test_the_longest_end_of_a_path_wins(listed: Lister) -> None:
    assert listed("x/bob/7.jpg,x/bob/1.jpg,0").rows.tolist() == [[6, 3]]


def test_none_of_the_photographs_is_told_with_examples(listed: Lister) -> None:
    with pytest.raises(UserError, match=r"it lists 'b\.png' where a crop is of 'anna/0\.jpg'"):
        listed("b.png,anna/0.jpg,1\nc.png,anna/0.jpg,1\n")


def test_two_paths_to_one_photograph_are_no_pair(listed: Lister) -> None:
    with pytest.raises(UserError, match=r"pairs\.csv, line 2: both paths mean one photograph"):
        listed("anna/0.jpg,bob/0.jpg,0\nanna/0.jpg,raw/anna/0.jpg,1\n")


def test_flags_of_the_list_decide_and_those_of_the_shards_where_it_is_silent(listed: Lister) -> None:
    found = listed(
        "anna/0.jpg,anna/1.jpg,1\n"  # the shards know a forgery
        "anna/0.jpg,anna/1.jpg,1,,0\n"  # the list denies it
        "anna/0.jpg,anna/1.jpg,1,0,1\n"  # both agree
        "bob/0.jpg,bob/1.jpg,1,1,0\n"  # the list knows one more
        "bob/0.jpg,bob/1.jpg,1,0,0\n"
        "anna/0.jpg,bob/0.jpg,0\n"
    )
    assert found.categories.tolist() == [SYNTHETIC, SAME, SYNTHETIC, SYNTHETIC, SAME, DIFFERENT]
    assert found.contradictions == 2 and found.same_person.tolist() == [True] * 5 + [False]


def test_a_crop_is_synthetic_by_a_list_or_else_by_the_shards(dataset: CropDataset, listed: Lister) -> None:
    found = listed("bob/0.jpg,bob/1.jpg,1,1,0\nbob/0.jpg,anna/1.jpg,0,,0\nmissing.jpg,7.jpg,0,1,1\n")
    other = listed("deep/er/0.jpg,7.jpg,0,0,1")
    assert np.flatnonzero(listed_synthetic(dataset, [found, other])).tolist() == [2, 6]
    contradictory = listed("anna/0.jpg,anna/1.jpg,1,1,0\nanna/0.jpg,bob/0.jpg,0,0,0")
    assert np.flatnonzero(listed_synthetic(dataset, [contradictory])).tolist() == [0]
    assert np.flatnonzero(listed_synthetic(dataset, [])).tolist() == [1]
    assert dataset.synthetic.tolist() == [flag == 1 for flag in FORGED]


def test_validation_pairs_and_their_fingerprint(dataset: CropDataset, listed: Lister) -> None:
    def fingerprint(text: str) -> str:
        return listed_validation_pairs(dataset, listed(text)).fingerprint

    text = "bob/0.jpg,bob/1.jpg,1\nanna/0.jpg,bob/0.jpg,0\n"
    pairs = listed_validation_pairs(dataset, listed(text))
    assert pairs.rows.tolist() == [[2, 3], [0, 2]] and pairs.categories.tolist() == [SAME, DIFFERENT]
    same = "path1,path2,label\nx/bob/0.jpg,anna/0.jpg,0\nmissing,anna/0.jpg,1\nbob/1.jpg,bob/0.jpg,1\n"
    assert fingerprint(same) == pairs.fingerprint
    others = [text + "7.jpg,bob/0.jpg,0", "bob/0.jpg,bob/1.jpg,1\nanna/0.jpg,bob/0.jpg,0,1,0\n"]
    assert len({pairs.fingerprint, *map(fingerprint, others)}) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bob/0.jpg,bob/1.jpg,1\nanna/0.jpg,missing.jpg,0\n", "1 are genuine and 0 are not"),
        ("anna/0.jpg,bob/0.jpg,0\nanna/0.jpg,anna/1.jpg,1\n", "0 are genuine and 2 are not"),
    ],
)
def test_validation_needs_genuine_and_impostor_pairs(
    dataset: CropDataset, listed: Lister, text: str, told: str
) -> None:
    with pytest.raises(UserError, match=told):
        listed_validation_pairs(dataset, listed(text))


def test_without_lists_people_are_those_of_the_shards(dataset: CropDataset) -> None:
    people = listed_identities(dataset, [])
    assert people.tolist() == dataset.identities.tolist() and people.dtype == np.int64


def test_labels_of_one_make_one_person_across_lists(dataset: CropDataset, listed: Lister) -> None:
    lists = [listed("bob/0.jpg,7.jpg,1\nanna/0.jpg,bob/1.jpg,0\n"), listed("7.jpg,deep/er/0.jpg,1")]
    # identities in order of their names: 7, anna, bob, er
    assert listed_identities(dataset, lists).tolist() == [1, 1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("anna/0.jpg,bob/0.jpg,1\nbob/0.jpg,bob/1.jpg,0\n", "line 2: .* label 0; mend"),
        ("anna/0.jpg,7.jpg,0\n7.jpg,bob/0.jpg,1\nbob/1.jpg,anna/0.jpg,1\n", "line 1: .* label 0; mend"),
        (
            "anna/0.jpg,7.jpg,1\n\nanna/0.jpg,7.jpg,0\n7.jpg,anna/0.jpg,0\n",
            "line 1 says that two photographs show one person, line 3 of the same two",
        ),
    ],
)
def test_a_person_who_is_two_is_refused(dataset: CropDataset, listed: Lister, text: str, line: str) -> None:
    with pytest.raises(UserError, match=rf"pairs\.csv[,:] {line}"):
        listed_identities(dataset, [listed(text)])


def test_label_zero_of_a_forgery_says_nothing_of_whom_it_shows(dataset: CropDataset, listed: Lister) -> None:
    listed_identities(dataset, [listed("anna/0.jpg,anna/1.jpg,0")])


def test_people_of_the_validation_list_are_kept_from_training(dataset: CropDataset, listed: Lister) -> None:
    validation = listed("anna/0.jpg,bob/0.jpg,0")
    training = listed("anna/1.jpg,bob/1.jpg,0\n7.jpg,deep/er/0.jpg,1\nbob/1.jpg,7.jpg,0\n")
    people = listed_identities(dataset, [training, validation])
    excluded = np.flatnonzero(np.isin(people, people[validation.rows]))
    left = training.without(excluded)
    assert left.rows.tolist() == [[6, 4]] and left.lines.tolist() == [2]
    assert left.categories.tolist() == [SAME] and left.dropped == training.dropped == 0


def test_the_same_list_for_both_is_refused(listed: Lister) -> None:
    one = listed("anna/0.jpg,bob/0.jpg,0\nbob/0.jpg,bob/1.jpg,1\n")
    again = listed("path1,path2,label\nraw/bob/1.jpg,bob/0.jpg,1\nbob/0.jpg,anna/0.jpg,0\n")
    for other in (one, again):
        with pytest.raises(UserError, match="list the same pairs"):
            refuse_same_pairs(one, other)
    refuse_same_pairs(one, listed("anna/0.jpg,bob/0.jpg,0\n"))


COUNT = 12
EDGES = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=15)


def made(pairs: Sequence[tuple[int, int]], label: bool) -> ListedPairs:
    code = SAME if label else DIFFERENT
    return ListedPairs(
        Path("list.csv"),
        np.array(pairs, np.int64).reshape(-1, 2),
        np.full(len(pairs), code, np.int8),
        np.full(len(pairs), label),
        np.full((len(pairs), 2), NOT_SAID, np.int8),
        np.arange(1, len(pairs) + 1),
        0,
        0,
    )


@given(EDGES, EDGES, st.lists(st.integers(0, 4), min_size=COUNT, max_size=COUNT))
def test_people_are_the_connected_groups(
    same: list[tuple[int, int]], different: list[tuple[int, int]], drawn: list[int]
) -> None:
    names, identities = np.unique(drawn, return_inverse=True)
    dataset = cast(CropDataset, SimpleNamespace(identity_names=names, identities=identities))
    # reachability by squaring the adjacency matrix until nothing changes
    reach = np.eye(COUNT, dtype=bool) | (identities[:, None] == identities[None, :])
    for a, b in same:
        reach[a, b] = reach[b, a] = True
    for _ in range(COUNT):
        reach = (reach.astype(int) @ reach) > 0
    lists = [made(same, True), made(different, False)]
    wrong = [number for number, (a, b) in enumerate(different, 1) if reach[a, b]]
    if wrong:
        with pytest.raises(UserError, match=f"list.csv, line {wrong[0]}: "):
            listed_identities(dataset, lists)
        return
    people = listed_identities(dataset, lists)
    assert np.array_equal(people[:, None] == people[None, :], reach)
    assert sorted(set(people.tolist())) == list(range(people.max() + 1))
    firsts = [identities[people == person].min() for person in range(people.max() + 1)]
    assert firsts == sorted(firsts)
