import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.formats.labels.join import Rule, join_labels, values_of_paths

NFC, NFD = "José/1.jpg", unicodedata.normalize("NFD", "José/1.jpg")


@pytest.mark.parametrize(
    ("key", "path", "rule"),
    [
        ("anna/1.jpg", "anna/1.jpg", None),
        ("anna\\1.jpg", "anna/1.jpg", Rule.SPELLING),
        (".\\anna\\\\1.jpg", "anna/1.jpg", Rule.SPELLING),
        ("./anna//x/../1.jpg ", "anna/1.jpg", Rule.SPELLING),
        (NFC, NFD, Rule.SPELLING),
        (NFD, NFC, Rule.SPELLING),
        ("anna/1.JPG", "anna/1.jpg", Rule.CASE),
        ("Anna/1.jpg", "anna/1.JPG", Rule.CASE),
        ("anna/1", "anna/1.jpg", Rule.SUFFIX),
        ("anna/1.png", "anna/1.jpeg", Rule.SUFFIX),
        ("ANNA/1", "anna/1.jpg", Rule.SUFFIX),
        ("anna/1.jpg", "images/anna/1.jpg", Rule.FOLDER),
        ("train/anna/1.jpg", "train/images/anna/1.jpg", Rule.FOLDER),
        ("anna/1.jpg", "train/images/anna/1.jpg", Rule.FOLDER),
        ("/data/set/images/anna/1.jpg", "anna/1.jpg", Rule.FOLDER),
        ("C:\\data\\Anna\\1.jpg", "anna/1.jpg", Rule.FOLDER),
        ("/old/images/anna/1.jpg", "images/anna/1.jpg", Rule.FOLDER),
        ("images/train/anna/1.jpg", "train/images/anna/1.jpg", Rule.FOLDER),
        ("1", "train_images/1.jpg", Rule.FOLDER),
        ("1/0.jpg", "00000001/0.jpg", Rule.ZEROS),
        ("1.0", "0001", Rule.ZEROS),
        ("7.0/0.png", "0007/0.jpg", Rule.ZEROS),
        ("00/0.jpg", "0/0.jpg", Rule.ZEROS),
        ("1/0.jpg", "images/00000001/0.jpg", Rule.FOLDER_AND_ZEROS),
    ],
)
def test_each_rule_finds_the_one_path(key: str, path: str, rule: Rule | None) -> None:
    found = join_labels([key, "zoe/77.jpg"], ["other/99.jpg", path])
    assert found.path_of == {key: path} and dict(found.rules) == ({rule: 1} if rule else {})
    assert (found.unmatched_keys, found.ambiguous_keys) == (["zoe/77.jpg"], [])
    assert found.unlabelled_paths == ["other/99.jpg"]


@pytest.mark.parametrize(
    ("keys", "paths"),
    [
        (["1.jpg"], ["a/1.jpg", "b/1.jpg"]),
        (["a/1.jpg", "b/1.jpg"], ["1.jpg"]),
        (["1"], ["1.jpg", "1.png"]),
        (["A.jpg"], ["a.jpg", "a.JPG"]),
        (["1/0.jpg", "01/0.jpg"], ["001/0.jpg"]),
        (["1/0.jpg"], ["001/0.jpg", "01/0.jpg"]),
        (["1/0.jpg"], ["images/001/0.jpg", "images/01/0.jpg"]),
        (["./José/1.jpg"], [NFC, NFD]),
    ],
)
def test_what_could_mean_several_is_ambiguous(keys: list[str], paths: list[str]) -> None:
    found = join_labels(keys, paths)
    assert found.path_of == {} and not found.rules
    assert found.unmatched_keys == found.ambiguous_keys == keys and found.unlabelled_paths == paths


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("anna/1.jpg", "boris/1.jpg"),
        ("train/anna/1.jpg", "val/anna/1.jpg"),
        ("real/1.jpg", "fake/1.jpg"),
        ("anna/1.jpg", "anna/11.jpg"),
        ("10/0.jpg", "1/0.jpg"),
        ("1.5/0.jpg", "15/0.jpg"),
        ("a.1", "a.2"),
        ("", "1.jpg"),
        ("..", "1.jpg"),
        ("/".join(["d"] * 100) + "/1.jpg", "1.jpg"),
    ],
)
def test_other_names_are_not_taken_for_one(key: str, path: str) -> None:
    found = join_labels([key], [path])
    assert (found.path_of, found.unmatched_keys, found.ambiguous_keys) == ({}, [key], [])


def test_a_path_that_has_its_key_is_given_to_no_other() -> None:
    found = join_labels(["a.jpg", "A.JPG", "x/a.jpg", "b.jpg"], ["a.jpg", "b.jpg", "b.png"])
    assert found.path_of == {"a.jpg": "a.jpg", "b.jpg": "b.jpg"}
    assert found.unmatched_keys == found.ambiguous_keys == ["A.JPG", "x/a.jpg"]


def test_the_names_of_an_absent_split_stay_out() -> None:
    found = join_labels(["train/1.jpg", "val/1.jpg", "val/2.jpg"], ["images/train/1.jpg"])
    assert found.path_of == {"train/1.jpg": "images/train/1.jpg"}
    assert found.unmatched_keys == ["val/1.jpg", "val/2.jpg"]


def test_two_spellings_of_one_key_may_contradict() -> None:
    found = join_labels(["a/1.jpg", "a\\1.jpg", "./a/1.jpg"], ["a/1.jpg"])
    assert set(found.path_of.values()) == {"a/1.jpg"} and found.rules == {Rule.SPELLING: 2}
    assert values_of_paths(found, dict.fromkeys(found.path_of, 1)) == ({"a/1.jpg": 1}, [])
    values = {"a/1.jpg": 0, "a\\1.jpg": 1, "./a/1.jpg": 0}
    assert values_of_paths(found, values) == ({"a/1.jpg": 0}, ["a\\1.jpg"])


PARTS = st.sampled_from(["anna", "Anna", "images", "0", "00", "1", "01", "1.0", "é", "e\u0301", "train"])
NAMES = st.builds(
    lambda parts, suffix: "/".join(parts) + suffix,
    st.lists(PARTS, min_size=1, max_size=4),
    st.sampled_from(["", ".jpg", ".JPG", ".png"]),
)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(NAMES, unique=True, max_size=8), st.lists(NAMES, unique=True, max_size=8), st.randoms())
def test_the_join_is_one_to_one_and_whole_whatever_the_order(
    keys: list[str], paths: list[str], order
) -> None:  # type: ignore[no-untyped-def]
    found = join_labels(keys, paths)
    assert list(found.path_of) == [key for key in keys if key in found.path_of]
    assert found.unmatched_keys == [key for key in keys if key not in found.path_of]
    assert set(found.ambiguous_keys) <= set(found.unmatched_keys)
    assert found.unlabelled_paths == [path for path in paths if path not in found.path_of.values()]
    assert all(found.path_of[key] == key for key in keys if key in paths)
    other = join_labels(order.sample(keys, len(keys)), order.sample(paths, len(paths)))
    assert other.path_of == found.path_of and other.rules == found.rules
