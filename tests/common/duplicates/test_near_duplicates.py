"""Groups of crops that are one picture, and those that only look alike."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from common.duplicates import near_duplicates
from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind, find_duplicates
from common.duplicates.same_picture import are_same_picture, picture_descriptor, registered_correlation

Crop = NDArray[np.uint8]


def saved_again(crop: Crop, quality: int) -> Crop:
    coded = cv2.imencode(".jpg", crop[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[:, :, ::-1])


def resized_and_back(crop: Crop, share: float) -> Crop:
    small = cv2.resize(crop, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, crop.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def lit(crop: Crop, factor: float) -> Crop:
    return np.asarray((crop * factor).clip(0, 255), np.uint8)


def aligned_anew(crop: Crop, turn: float, scale: float, right: float, down: float) -> Crop:
    matrix = cv2.getRotationMatrix2D((56, 56), turn, scale)
    matrix[:, 2] += right, down
    return np.asarray(
        cv2.warpAffine(crop, matrix, crop.shape[1::-1], borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


COPIES: dict[str, Callable[[Crop], Crop]] = {
    "JPEG 50": lambda crop: saved_again(crop, 50),
    "JPEG 95": lambda crop: saved_again(crop, 95),
    "half and back": lambda crop: resized_and_back(crop, 0.5),
    "brighter": lambda crop: lit(crop, 1.1),
    "darker": lambda crop: lit(crop, 0.9),
    "another cut": lambda crop: aligned_anew(crop, 0, 1, 2, -1),
    "turned and larger": lambda crop: aligned_anew(crop, 1.5, 1.03, -1, 1),
    "grey": lambda crop: np.repeat(crop.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8),
    "another size": lambda crop: np.asarray(
        cv2.resize(crop, (96, 96), interpolation=cv2.INTER_AREA), np.uint8
    ),
}


def groups_of(crops: list[Crop]) -> list[DuplicateGroup]:
    return find_duplicates(len(crops), lambda row: crops[row])


@pytest.mark.parametrize("name", COPIES)
def test_a_photograph_made_anew_is_near_and_nobody_else_is(name: str, crops: list[Crop]) -> None:
    copies = [COPIES[name](crop) for crop in crops]
    assert groups_of(crops + copies) == [
        DuplicateGroup((row, row + len(crops)), DuplicateKind.NEAR) for row in range(len(crops))
    ]


def test_equal_pixels_are_exact_and_one_that_differs_makes_the_group_near(crops: list[Crop]) -> None:
    other = crops[1].copy()
    other[0, 0] ^= 1
    assert groups_of([crops[0], crops[1], crops[0].copy(), other, crops[2]]) == [
        DuplicateGroup((0, 2), DuplicateKind.EXACT),
        DuplicateGroup((1, 3), DuplicateKind.NEAR),
    ]


def test_blank_crops_are_only_equal_or_different() -> None:
    blank, other = np.full((112, 112, 3), 90, np.uint8), np.full((112, 112, 3), 91, np.uint8)
    assert groups_of([blank, other, blank]) == [DuplicateGroup((0, 2), DuplicateKind.EXACT)]
    assert not picture_descriptor(blank).any()
    assert registered_correlation(blank, blank) == -1


def test_blurred_faces_are_not_called_one_picture(crops: list[Crop]) -> None:
    assert groups_of([cv2.GaussianBlur(crop, (0, 0), 8).astype(np.uint8) for crop in crops]) == []


def test_nothing_and_one_crop_have_no_groups(crops: list[Crop]) -> None:
    assert groups_of([]) == [] == groups_of(crops[:1])


def test_cells_find_what_the_comparison_of_all_finds(
    crops: list[Crop], monkeypatch: pytest.MonkeyPatch
) -> None:
    views = [
        aligned_anew(crop, turn, 1.2, right, 0)
        for crop in crops
        for turn in (-40, 0, 40)
        for right in (-20, 20)
    ]
    shown = [*views, *(saved_again(view, 60) for view in views)]
    of_all = groups_of(shown)
    monkeypatch.setattr(near_duplicates, "ALL_TO_ALL", 1)
    assert groups_of(shown) == of_all
    assert {(row, row + len(views)) for row in range(len(views))} <= {group.rows for group in of_all}


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(range(9)))
def test_the_groups_do_not_depend_on_the_order(order: list[int], crops: list[Crop]) -> None:
    shown = [*crops[:4], *(saved_again(crop, 70) for crop in crops[:3]), crops[0], crops[5]]
    expected = {frozenset({0, 4, 7}), frozenset({1, 5}), frozenset({2, 6})}
    found = groups_of([shown[place] for place in order])
    assert {frozenset(order[row] for row in group.rows) for group in found} == expected
    assert all(list(group.rows) == sorted(group.rows) for group in found)


@pytest.mark.shared
def test_orl_photographs_of_one_person_are_not_one_picture(shared: Path) -> None:
    """Ten grey photographs each of three people before one wall, some taken in a row."""
    files = sorted(
        file for person in ("s2", "s15", "s21") for file in (shared / "faces/orl37" / person).glob("*.pgm")
    )
    shown = [cv2.cvtColor(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), cv2.COLOR_GRAY2RGB) for file in files]
    assert len(shown) == 30
    assert not are_same_picture(shown[0], shown[1])
    assert groups_of(shown) == []
