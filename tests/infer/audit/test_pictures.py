"""One picture several times, as findings."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from infer.audit.crops import AuditedCrops
from infer.audit.findings import Kind
from infer.audit.pictures import find_pictures, picture_findings

MakeCrops = Callable[..., AuditedCrops]


def shown(make_crops: MakeCrops, crops: list[NDArray[np.uint8]], *faces: int) -> AuditedCrops:
    """Three people with two photographs each that show these faces."""
    return replace(make_crops(people=3, each=2), images=lambda row: crops[faces[row]])


def told(crops: AuditedCrops, held_out: set[str] | None = None) -> set[tuple[Kind, int, bool]]:
    pictures = find_pictures(crops)
    return {(each.kind, each.row, each.drop) for each in picture_findings(crops, pictures, held_out)}


def test_one_picture_under_one_person_and_under_two(
    make_crops: MakeCrops, crops: list[NDArray[np.uint8]]
) -> None:
    audited = shown(make_crops, crops, 0, 0, 1, 2, 3, 2)
    assert told(audited) == {(Kind.COPY, 1, True), (Kind.TWO_NAMES, 3, False), (Kind.TWO_NAMES, 5, False)}
    assert find_pictures(audited).is_copy.tolist() == [False, True, False, False, False, False]


def test_a_split_between_two_people_is_told(make_crops: MakeCrops, crops: list[NDArray[np.uint8]]) -> None:
    audited = shown(make_crops, crops, 0, 1, 0, 2, 3, 4)
    assert told(audited, {"p001"}) == {(Kind.OVER_SPLIT, 0, False), (Kind.OVER_SPLIT, 2, False)}
    assert told(audited, {"p002"}) == {(Kind.TWO_NAMES, 0, False), (Kind.TWO_NAMES, 2, False)}


def test_near_copies_are_told_and_not_dropped(make_crops: MakeCrops, crops: list[NDArray[np.uint8]]) -> None:
    darker = [*crops, (crops[0] * 0.9).astype(np.uint8)]
    assert told(shown(make_crops, darker, 0, 6, 1, 2, 3, 4)) == {(Kind.COPY, 1, False)}
    three = replace(make_crops(people=1, each=3), images=lambda row: darker[(0, 6, 0)[row]])
    assert told(three) == {(Kind.COPY, 1, False), (Kind.COPY, 2, True)}


def test_marks_that_contradict_each_other_are_told_for_equal_pixels_only(
    make_crops: MakeCrops, crops: list[NDArray[np.uint8]]
) -> None:
    forged = crops[0].copy()
    forged[70:90, 40:70] = forged[70:90, 40:70] * 0.9
    marked = np.array([False, True, False, False, False, False])
    same = replace(shown(make_crops, crops, 0, 0, 1, 2, 3, 4), synthetic=marked)
    near = replace(shown(make_crops, [*crops, forged], 0, 6, 1, 2, 3, 4), synthetic=marked)
    assert told(same) == {(Kind.TWO_FLAGS, 0, False), (Kind.TWO_FLAGS, 1, False)}
    assert [group.rows for group in find_pictures(near).groups] == [(0, 1)]
    assert told(near) == set()


def test_what_align_forge_made_is_left_out(make_crops: MakeCrops, crops: list[NDArray[np.uint8]]) -> None:
    forged = np.array([False, True, False, False, False, False])
    assert told(replace(shown(make_crops, crops, 0, 0, 1, 2, 3, 4), forged=forged)) == set()
