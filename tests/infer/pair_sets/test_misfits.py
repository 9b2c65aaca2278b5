"""Labels of pairs that are there and do not fit, or are not understood: told or refused."""

from pathlib import Path

import pytest

from common.formats.pair_category import PairCategory
from common.runtime.errors import UserError
from infer.pair_sets.find import find_pair_set
from infer.pair_sets.request import PairRequest

HEADER = "pair_id,label,synthetic0,synthetic1\n"
LABELS = HEADER + "".join(f"{pair},1,0,{number % 2}\n" for number, pair in enumerate("abcd"))


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return touch(tmp_path, *(f"{pair}/{side}.jpg" for pair in "abcd" for side in (0, 1)))


@pytest.mark.parametrize("name", ["labels.csv", "Labels.CSV", "solution.csv", "labels.tsv"])
def test_labels_of_pairs_under_other_names_are_found(pairs: Path, name: str) -> None:
    (pairs / name).write_text(LABELS.replace(",", "\t") if name.endswith("tsv") else LABELS)
    (pairs / "notes.csv").write_text("a,b\n1,2\n")
    found = find_pair_set(pairs)
    assert (found.categories == PairCategory.SYNTHETIC.code).tolist() == [False, True, False, True]
    assert name == "labels.csv" or any(f"4 pairs labelled by {pairs / name}" in note for note in found.notes)


def test_two_tables_that_label_the_pairs_are_refused(pairs: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (pairs / name).write_text(LABELS)
    with pytest.raises(UserError, match=r"one.csv and .*two.csv both label the pairs"):
        find_pair_set(pairs)


@pytest.mark.parametrize("columns", ["is_fake", "gen_left,gen_right"])
def test_a_column_of_labels_that_may_say_what_is_synthetic_is_asked_about(pairs: Path, columns: str) -> None:
    cells = ",".join("1" for _ in columns.split(","))
    (pairs / "labels.csv").write_text(
        f"pair_id,label,{columns}\n" + "".join(f"{p},1,{cells}\n" for p in "abcd")
    )
    with pytest.raises(UserError, match=rf"not known what the column '{columns.split(',')[0]}' says"):
        find_pair_set(pairs)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            "a,1,0,0\nb,1,0,0\nc,1,0,0\nd,1,0,0\nx,1,0,1\n",
            "none of its 1 pairs with a synthetic face is there",
        ),
        ("a,1,0,1\nx,1,0,1\n", "1 of 2 labels without a pair.*3 of 4 pairs without a label"),
    ],
)
def test_labels_of_pairs_that_do_not_fit_are_refused(pairs: Path, rows: str, told: str) -> None:
    (pairs / "labels.csv").write_text(HEADER + rows)
    with pytest.raises(UserError, match=rf"{told}.*--allow-unlabelled"):
        find_pair_set(pairs)
    found = find_pair_set(pairs, asked=PairRequest(allow_unlabelled=True))
    assert any("labels without a pair" in note for note in found.notes)


def test_what_is_not_compared_or_not_read_is_told(pairs: Path) -> None:
    touch(pairs, "a/2.jpg", "a/0.png")
    (pairs / "labels.csv").write_text(LABELS)
    (pairs / "meta.json").write_text('{"a/0.jpg": 1}')
    notes = find_pair_set(pairs).notes
    assert "2 photographs are no pair's 0 or 1, such as a/0.png" in notes
    assert f"{pairs / 'meta.json'} is not read: 1 of its first rows name photographs" in notes


def test_pairs_of_one_photograph_and_empty_flags_are_told(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{name}.jpg" for name in "abcd"))
    (tmp_path / "l.csv").write_text(
        "path1,path2,label,synthetic1,synthetic2\na.jpg,a.jpg,1,0,0\nb.jpg,c.jpg,1,,1\na.jpg,d.jpg,1,,\n"
    )
    notes = find_pair_set(tmp_path / "l.csv").notes
    assert "1 of 3 pairs compare a photograph with itself; such scores mean nothing" in notes
    assert any("does not say of 3 of 6 photographs" in note for note in notes)
