"""The contact sheet of an audit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from infer.audit.audit import audit_crops
from infer.audit.crops import AuditedCrops
from infer.audit.findings import Kind
from infer.audit.pictures import Pictures
from infer.audit.sheet import EACH, SIDE, typical_rows, write_sheet

MakeCrops = Callable[..., AuditedCrops]


def test_the_photograph_its_person_and_the_suggested_one_are_shown(
    make_crops: MakeCrops, tmp_path: Path
) -> None:
    """Each person's crops have a grey of their own."""
    crops = make_crops(people=12)
    crops.labels[[0, 8]] = crops.labels[[8, 0]]
    crops = replace(
        crops, images=lambda row: np.full((112, 112, 3), 20 * int(crops.labels[row]) + 5, np.uint8)
    )
    audit = audit_crops(crops, Pictures([], np.zeros(96, np.bool_)))
    assert {finding.kind for finding in audit.findings} == {Kind.WRONG_LABEL}
    assert write_sheet(tmp_path / "sheet.png", crops, audit) == 2
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    line = sheet[20 + 20 + SIDE // 2]  # through the middle of the first row of crops
    greys = {int(pixel[0]) for pixel in line if pixel[0] == pixel[1] == pixel[2]}
    assert {5, 25} <= greys <= {5, 25, 255}


def test_no_more_than_some_of_each_kind_and_one_of_what_concerns_many(
    make_crops: MakeCrops, tmp_path: Path
) -> None:
    crops = make_crops(people=40)
    order = np.arange(0, 240, 8)
    crops.labels[order] = np.roll(crops.labels[order], 1)
    crops.labels[crops.labels == 39] = 38
    audit = audit_crops(crops, Pictures([], np.zeros(320, np.bool_)))
    kinds = [finding.kind for finding in audit.findings]
    assert kinds.count(Kind.WRONG_LABEL) == 30 and kinds.count(Kind.TWO_PEOPLE) == 8
    assert write_sheet(tmp_path / "sheet.png", crops, audit) == EACH + 1


def test_typical_photographs_come_first_and_unjudged_ones_last() -> None:
    typical = np.array([0.5, 0.9, np.nan, 0.7, 0.8])
    assert typical_rows(typical, np.array([0, 0, 0, 0, 1]), 0, without=3) == [1, 0, 2]
