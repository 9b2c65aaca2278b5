from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from infer.pair_sets.find import find_pair_set

SAME, DIFFERENT = PairCategory.SAME_PERSON.code, PairCategory.DIFFERENT_PERSON.code
VIEW_2 = "2\t1\nAnna_B\t1\t4\nAnna_B\t2\tJosé\t12345\nCy\t3\t1\nCy\t1\tAnna_B\t4\n"


@pytest.fixture
def lfw(tmp_path: Path) -> Path:
    for name in ("Anna_B/Anna_B_0001.jpg", "Anna_B/Anna_B_0004.PNG", "Anna_B/note.txt", "Cy/Cy_0003.webp"):
        (tmp_path / "lfw" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "lfw" / name).write_bytes(b"")
    return tmp_path / "lfw"


def write(lfw: Path, text: str) -> Path:
    path = lfw.parent / "pairs.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_pairs_of_ten_folds_as_of_two(lfw: Path) -> None:
    found = find_pair_set(write(lfw, VIEW_2))
    pairs = [tuple(found.image_names[row] for row in pair) for pair in found.members]
    assert pairs == [
        ("Anna_B/Anna_B_0001.jpg", "Anna_B/Anna_B_0004.PNG"),
        ("Anna_B/Anna_B_0002.jpg", "José/José_12345.jpg"),  # these two are missing
        ("Cy/Cy_0003.webp", "Cy/Cy_0001.jpg"),
        ("Cy/Cy_0001.jpg", "Anna_B/Anna_B_0004.PNG"),
    ]
    assert found.categories.tolist() == [SAME, DIFFERENT, SAME, DIFFERENT]
    assert found.ids == ["2", "3", "4", "5"]
    assert len(found.images) == 6, "one photograph is listed once"
    assert found.images == [lfw / name for name in found.image_names]
    assert found.has_labels and not found.aligned and found.name == "pairs"


def test_a_list_of_view_1_and_spaces_for_tabs(lfw: Path) -> None:
    text = "\ufeff2 \r\nAnna_B 1 4\r\nCy 3 1\r\n\r\nAnna_B 1 Cy 3\r\nCy 1 Anna_B 4\r\n"
    found = find_pair_set(write(lfw, text))
    assert found.categories.tolist() == [SAME, SAME, DIFFERENT, DIFFERENT]
    assert found.ids == ["2", "3", "5", "6"]


def test_names_may_hold_spaces_between_tabs(lfw: Path) -> None:
    found = find_pair_set(write(lfw, "1\nAnna_B\t1\t4\nCy\t1\tAnna of Kent\t2\n"))
    assert "Anna of Kent/Anna of Kent_0002.jpg" in found.image_names


@pytest.mark.parametrize("place", ["", "lfw", "lfw_funneled", "lfw-deepfunneled", "images"])
def test_the_folder_of_the_photographs_is_found(tmp_path: Path, place: str) -> None:
    folder = tmp_path / place
    (folder / "Cy").mkdir(parents=True)
    (folder / "Cy/Cy_0001.jpg").write_bytes(b"")
    (tmp_path / "pairs.txt").write_text("1\nAnna\t1\t4\nCy\t1\tAnna\t2\n")
    assert folder / "Cy/Cy_0001.jpg" in find_pair_set(tmp_path / "pairs.txt").images


def test_or_is_named(lfw: Path, tmp_path: Path) -> None:
    path = write(lfw, VIEW_2)
    lfw.rename(tmp_path / "photographs")
    with pytest.raises(UserError, match=r"nobody of it has any in .*--images"):
        find_pair_set(path)
    assert (tmp_path / "photographs/Cy/Cy_0003.webp") in find_pair_set(path, tmp_path / "photographs").images
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"nobody of it has any in .*empty; name"):
        find_pair_set(path, tmp_path / "empty")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: LFW's lists begin with"),
        ("Cy\t1\t2\n", "line 1: LFW's lists begin with"),
        ("a.jpg,b.jpg,1\n", "line 1: LFW's .* the suffix .csv"),
        ("\n-1\nCy\t1\t2\n", "line 2: LFW's lists begin with"),
        ("1\u00b2\nCy\t1\t2\n", "line 1: LFW's lists begin with"),
        ("0\n", "line 1: announces 0 pairs"),
        ("99999999 99999999\n", "line 1: announces"),
        ("1\nCy\t1\t2\n", "announces 2 pairs .* and 1 follow"),
        ("1\nCy\t1\t2\nCy\t1\t2\nCy\t1\t2\n", "announces 2 pairs .* and more follow"),
        ("1\nCy\t1\nCy\t1\t2\n", "line 2: a pair is NAME N1 N2"),
        ("1\nCy\t1\t2\nCy\t1\tAnna\t2\t3\n", "line 3: a pair is NAME N1 N2"),
        ("1\nCy\t1\tx\n", "line 2: 'x' is not the number"),
        ("1\nCy\t1\t\u0661\n", "line 2: '\u0661' is not the number"),
        ("1\nCy\t1\t-2\n", "line 2: '-2' is not the number"),
        ("1\nCy\t1\t123456789\n", "line 2: '123456789' is not the number"),
        ("1\n\t1\t2\n", "line 2"),
        ("1\nCy\t1\t2\nCy\t1\tCy\t2\n", "line 3: one person in the form for two"),
        ("1\n" + "x" * 70_000, "line 2: longer than"),
    ],
)
def test_a_malformed_line_is_named(lfw: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=rf"pairs\.txt.*{message}"):
        find_pair_set(write(lfw, text))


@pytest.mark.parametrize("name", ["..", ".", "../x", "/etc", "a/b", "a\\b", "a\0b", "../../x"])
def test_a_name_is_one_folder(lfw: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"line 2: .* is not the name of a person's folder"):
        find_pair_set(write(lfw, f"1\n{name}\t1\t2\nCy\t1\tAnna_B\t2\n"))


def test_a_drive_is_no_person(lfw: Path) -> None:
    with pytest.raises(UserError, match="line 2: 'C:x_0001' leaves the folder"):
        find_pair_set(write(lfw, "1\nC:x\t1\t2\nCy\t1\tAnna_B\t2\n"))


def test_links_do_not_lead_out_of_the_folder(lfw: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/Eve_0001.jpg").write_bytes(b"")
    path = write(lfw, "1\nCy\t1\t2\nCy\t1\tEve\t1\n")
    (lfw / "Eve").symlink_to(tmp_path / "outside")
    with pytest.raises(UserError, match="line 3: 'Eve_0001' leaves the folder"):
        find_pair_set(path)
    (lfw / "Eve").unlink()
    (lfw / "Eve").mkdir()
    (lfw / "Eve/Eve_0001.jpg").symlink_to(tmp_path / "outside/Eve_0001.jpg")
    with pytest.raises(UserError, match="line 3: 'Eve_0001' leaves the folder"):
        find_pair_set(path)


def test_a_name_too_long_for_the_file_system_is_a_missing_photograph(lfw: Path) -> None:
    found = find_pair_set(write(lfw, f"1\nCy\t3\t1\nCy\t3\t{'x' * 300}\t2\n"))
    assert found.image_names.count("Cy/Cy_0003.webp") == 1 and len(found.images) == 3


def test_text_in_another_encoding_is_named(lfw: Path) -> None:
    path = write(lfw, "")
    path.write_bytes(b"1\nJos\xe9\t1\t2\n")
    with pytest.raises(UserError, match="not UTF-8"):
        find_pair_set(path)


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("a1 0\t\n./\x0b\x85")), max_size=6).map("".join))
def test_nothing_but_user_errors_comes_of_any_text(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "a").mkdir()
    (folder / "a/a_0001.jpg").write_bytes(b"")
    (folder / "pairs.txt").write_text(f"1\n{text}")
    try:
        found = find_pair_set(folder / "pairs.txt")
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert len(found) == 2
