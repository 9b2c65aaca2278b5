from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from align.sources.find import Source, find_source
from align.sources.layouts import LayoutName
from align.sources.reading import Reading
from common.formats.labels.kinds import Positive
from common.runtime.errors import ParameterError, UserError

MakeFiles = Callable[[Path, Iterable[str]], Path]
REAL = Reading(positive=Positive.REAL)


def synthetic(source: Source) -> set[str]:
    return {photograph.path for photograph in source.photographs if photograph.synthetic}


@pytest.mark.parametrize(
    ("header", "positive", "one_is_synthetic", "guessed"),
    [
        ("Id,target_feature", None, True, False),
        ("filename,is_fake", None, True, False),
        ("filename,real", None, False, False),
        ("filename,label", None, True, True),
        ("image,label", Positive.SYNTHETIC, True, False),
        ("image,label", Positive.REAL, False, False),
        ("path,synthetic", Positive.REAL, False, False),
        ("path,real", Positive.SYNTHETIC, True, False),
    ],
)
@pytest.mark.parametrize("where", ["images", "."])
def test_what_1_means_is_told_or_follows_from_the_name_of_the_column(
    tmp_path: Path,
    make_files: MakeFiles,
    where: str,
    header: str,
    positive: Positive | None,
    one_is_synthetic: bool,
    guessed: bool,
) -> None:
    make_files(tmp_path / "images", ["001.jpg", "002.jpg"])
    (tmp_path / "labels.csv").write_text(f"{header}\n1,0\n2,1\n")
    for place in (tmp_path / where, tmp_path / "labels.csv"):
        source = find_source(place, reading=Reading(positive=positive))
        assert [name[-7:] for name in synthetic(source)] == ["002.jpg" if one_is_synthetic else "001.jpg"]
        notes = " ".join(source.taking.notes)
        assert ("1 is taken for synthetic; --positive real tells otherwise" in notes) is guessed
        assert (", as told" in notes) is (positive is not None)


def test_folders_that_contradict_what_1_means_are_told(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path / "in", ["real/1.jpg", "real/2.jpg", "fake/3.jpg"])
    (root / "list.csv").write_text("path,label\nreal/1.jpg,1\nreal/2.jpg,1\nfake/3.jpg,0\n")
    by_folders = find_source(root)
    assert by_folders.layout is LayoutName.REAL_FAKE and synthetic(by_folders) == {"fake/3.jpg"}
    right = find_source(root, reading=REAL)
    assert right.layout is LayoutName.LABELS and synthetic(right) == {"fake/3.jpg"}
    assert not right.taking.left_over()
    for place in (root, root / "list.csv"):
        wrong = find_source(place, reading=Reading(positive=Positive.SYNTHETIC))
        assert synthetic(wrong) == {"real/1.jpg", "real/2.jpg"}
        (told,) = wrong.taking.left_over()
        assert "contradict each other for 3 of 3 photographs: " in told


def test_a_folder_of_forgeries_contradicts_the_table_above_it(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path / "in", ["real/1.jpg", "fake/2.jpg", "fake/3.jpg"])
    (root / "list.csv").write_text("path,label\nreal/1.jpg,1\nfake/2.jpg,0\nfake/3.jpg,0\n")
    with pytest.raises(UserError, match=r"contradict each other for 2 of 2 photographs: 2\.jpg is called"):
        find_source(root / "fake")
    assert synthetic(find_source(root / "fake", reading=REAL)) == {"2.jpg", "3.jpg"}


def test_words_say_what_they_mean_whatever_1_means(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["1.jpg", "2.jpg"])
    (root / "list.csv").write_text("path,label\n1.jpg,REAL\n2.jpg,fake\n")
    source = find_source(root, reading=REAL)
    assert synthetic(source) == {"2.jpg"}
    assert "'label' holds no 0 and 1: --positive says nothing of it" in source.taking.notes


def test_a_meaning_against_the_name_of_a_column_is_told(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["1.jpg", "2.jpg"])
    (root / "list.csv").write_text("path,real\n1.jpg,1\n2.jpg,0\n")
    notes = find_source(root, reading=Reading(positive=Positive.SYNTHETIC)).taking.notes
    assert "1 in 'real' is synthetic, as told, against its name" in notes


@pytest.mark.parametrize(
    "cells",
    [
        *(("T", "F"), ("n", "y"), ("-1", "1"), ("1", "2"), ("0.91", "0.08", ".5"), ("nan", "nan")),
        *(('"""True"""', '"""False"""'), ("'0'", "'1'"), ("0", "1", "NaN", "NaN", "NaN", "NaN")),
    ],
)
def test_flags_in_a_form_that_is_not_read_are_no_people(
    tmp_path: Path, make_files: MakeFiles, cells: tuple[str, ...]
) -> None:
    root = make_files(tmp_path, [f"{n}.jpg" for n in range(len(cells))])
    rows = "".join(f"{n}.jpg,{cell}\n" for n, cell in enumerate(cells))
    (root / "list.csv").write_text(f"path,label\n{rows}")
    with pytest.raises(UserError, match=r"'label' holds .* not 0 and 1; write 0 or 1 there, or say"):
        find_source(root)
    assert not synthetic(find_source(root, reading=Reading(columns={"identity": "label"})))


def test_a_meaning_of_no_column_is_refused(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["real/1.jpg", "fake/2.jpg"])
    with pytest.raises(UserError, match=r"--positive says what 1 means .* the layout real-fake reads none"):
        find_source(root, reading=REAL)
    with pytest.raises(ParameterError, match="contradict each other"):
        Reading(columns={"bona-fide": "label"}, positive=Positive.SYNTHETIC)
