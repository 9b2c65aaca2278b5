import csv
from pathlib import Path

import numpy as np

from common.duplicates.near_duplicates import DuplicateGroup, DuplicateKind
from common.duplicates.same_picture_list import CropLabels, contradicting, describe, write_list

EXACT, NEAR = DuplicateKind.EXACT, DuplicateKind.NEAR
LABELS = CropLabels(
    ["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/=2,x.jpg", "c/1.jpg", "c/2.jpg"],
    np.array(["a", "a", "b", "b", "c", "c"]),
    np.array([False, False, False, False, False, True]),
    ["training", "training", "validation", "validation", "training", "training"],
)


def test_only_what_contradicts_is_told() -> None:
    same_person, other_person = DuplicateGroup((0, 1), EXACT), DuplicateGroup((1, 2, 4), NEAR)
    flags = DuplicateGroup((4, 5), EXACT)
    assert contradicting([same_person, other_person, flags], LABELS) == [other_person, flags]


def test_the_words_count_each_kind_of_contradiction() -> None:
    groups = [
        DuplicateGroup((0, 1, 2), NEAR, (0, 1, 1)),
        DuplicateGroup((0, 1, 4), NEAR, (0, 0, 4)),
        DuplicateGroup((4, 5), EXACT, (4, 4)),
    ]
    assert describe(groups, LABELS) == (
        "2 pictures under several names (6 crops, 1 equal to the last pixel), 1 picture called both bona "
        "fide and synthetic, 1 picture both trained on and validated with"
    )
    whole = CropLabels(LABELS.paths, LABELS.people, LABELS.synthetic)
    assert describe(groups[:1], whole) == "1 picture under several names (3 crops, equal to the last pixel)"


def test_the_list_names_every_crop(tmp_path: Path) -> None:
    write_list(tmp_path / "list.csv", [DuplicateGroup((1, 3), NEAR), DuplicateGroup((4, 5), EXACT)], LABELS)
    with (tmp_path / "list.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["picture", "kind", "path", "identity", "synthetic", "part"],
        ["1", "near", "a/2.jpg", "a", "0", "training"],
        ["1", "near", "b/=2,x.jpg", "b", "0", "validation"],
        ["2", "exact", "c/1.jpg", "c", "0", "training"],
        ["2", "exact", "c/2.jpg", "c", "1", "training"],
    ]
