from pathlib import Path

import pytest

from align.shards.run import align_source
from align.sources.find import find_source
from align.sources.photograph import Photograph
from align.sources.reading import Reading
from align.sources.relabel import relabel
from common.runtime.errors import UserError

PHOTOGRAPHS = [
    Photograph("ann/0.jpg", "ann", False),
    Photograph("ann/1.jpg", "ann", False),
    Photograph("bob/0.jpg", "bob", True),
    Photograph("bob/1.jpg", "bob", False),
]


def corrected(folder: Path, text: str, allow: bool = False) -> tuple[list[Photograph], list[str]]:
    (folder / "relabel.csv").write_text(text)
    return relabel(PHOTOGRAPHS, folder / "relabel.csv", folder, allow)


def test_corrections_change_what_they_name(tmp_path: Path) -> None:
    found, notes = corrected(
        tmp_path,
        "path,identity,synthetic,drop,reason\n"
        "ann/1.JPG,bob,,,nearer to bob\nbob\\0.jpg,,0,,\n"
        f"{tmp_path}/bob/1.jpg,,,1,blurred\nann/0.jpg,,,0,\n",
    )
    assert found == [
        Photograph("ann/0.jpg", "ann", False),
        Photograph("ann/1.jpg", "bob", False),
        Photograph("bob/0.jpg", "bob", False),
    ]
    assert notes == [
        f"{tmp_path}/relabel.csv: 1 photograph given to other people, 1 with the other flag, 1 left out"
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("zoe/0.jpg,,,1\n", r"line 2: zoe/0\.jpg is none of the photographs \(nearest: .*allow-unlabelled"),
        ("ann/0.jpg,,,1\nann/0.jpg,,,0\n", r"lines 2 and 3: two things are said of ann/0\.jpg"),
        ("ann/0.jpg,,1,\nann\\0.jpg,,0,\n", r"says two things of ann/0\.jpg"),
        ("ann/0.jpg,,,perhaps\n", "drop must be 0, 1 or empty"),
    ],
)
def test_corrections_that_do_not_fit_are_refused(tmp_path: Path, rows: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        corrected(tmp_path, "path,identity,synthetic,drop\n" + rows)


def test_rows_without_a_photograph_may_be_allowed(tmp_path: Path) -> None:
    found, notes = corrected(tmp_path, "path,identity,synthetic,drop\nzoe/0.jpg,,,1\n", allow=True)
    assert found == PHOTOGRAPHS and "1 row of" in notes[1]


def test_a_run_with_other_corrections_is_another(tmp_path: Path) -> None:
    for name in ("ann/0.jpg", "bob/0.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).write_bytes(b"no image")
    corrections = tmp_path / "relabel.csv"
    corrections.write_text("path,identity,synthetic,drop\nann/0.jpg,bob,,\n")
    source = find_source(tmp_path / "in", reading=Reading(relabel=corrections))
    assert [photograph.identity for photograph in source.photographs] == ["bob", "bob"]
    assert align_source(source, tmp_path / "out").kept_shards == 0
    assert align_source(source, tmp_path / "out").kept_shards == 1
    corrections.write_text("path,identity,synthetic,drop\nann/0.jpg,,1,\n")
    for reading in (Reading(relabel=corrections), Reading()):
        with pytest.raises(UserError, match=r"were made with --relabel [0-9a-f]{64}, not "):
            align_source(find_source(tmp_path / "in", reading=reading), tmp_path / "out")


def test_corrections_are_no_labels_of_the_folder_they_lie_in_or_above(tmp_path: Path) -> None:
    for name in ("ann/0.jpg", "bob/0.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True)
        (tmp_path / "in" / name).touch()
    for corrections in (tmp_path / "fix.csv", tmp_path / "in" / "fix.csv"):
        corrections.write_text("path,synthetic\nann/0.jpg,1\n")
        source = find_source(tmp_path / "in", reading=Reading(relabel=corrections))
        assert [photograph.synthetic for photograph in source.photographs] == [True, False]
        assert source.known_people == 2 and source.taking.left_over() == []
        corrections.unlink()
    corrections.write_text("path,drop\nann/0.jpg,1\nbob/0.jpg,1\n")
    with pytest.raises(UserError, match=r"fix.csv leaves out all photographs"):
        find_source(tmp_path / "in", reading=Reading(relabel=corrections))
