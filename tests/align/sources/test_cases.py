"""Inputs that went wrong in public reports: labels beside photographs that they do not name exactly."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from align.sources.find import Source, find_source
from align.sources.layouts import LayoutName
from align.sources.reading import Reading
from common.runtime.errors import UserError

MakeFiles = Callable[..., Path]
CHALLENGE = {"00000000/0.jpg": 0, "00000000/1.jpg": 1, "00000001/0.jpg": 0, "00000001/1.jpg": 1}
PEOPLE = ["Ann/1.jpg", "Ann/2.jpg", "Bob/1.jpg", "Bob/2.jpg"]
FORGED = {"Ann/2.jpg", "Bob/1.jpg"}


def synthetic(source: Source) -> set[str]:
    return {photograph.path for photograph in source.photographs if photograph.synthetic}


def figures(source: Source) -> tuple[int, int, int]:
    """Photographs, known people, synthetic photographs."""
    return len(source.photographs), source.known_people, source.synthetic


@pytest.fixture
def challenge(tmp_path: Path, make_files: MakeFiles) -> Path:
    """The challenge's own tree."""
    make_files(tmp_path / "train", [f"images/{key}" for key in CHALLENGE])
    (tmp_path / "train" / "meta.json").write_text(json.dumps(CHALLENGE))
    return tmp_path / "train"


@pytest.mark.parametrize("place", [".", "images", ".."])
def test_the_challenges_tree_from_every_folder(challenge: Path, place: str) -> None:
    source = find_source(challenge / place)
    assert source.layout is LayoutName.PEOPLE and figures(source) == (4, 2, 2)
    assert {photograph.path[-14:] for photograph in source.photographs if photograph.synthetic} == {
        "00000000/1.jpg",
        "00000001/1.jpg",
    }


def test_one_person_of_the_challenge_is_labelled_from_above(challenge: Path) -> None:
    assert synthetic(find_source(challenge / "images" / "00000001")) == {"1.jpg"}


def test_what_lies_beside_the_labelled_folder_is_not_taken_for_bona_fide(
    challenge: Path, make_files: MakeFiles
) -> None:
    make_files(challenge.parent / "test_public", ["images/7/0.jpg", "images/7/1.jpg"])
    with pytest.raises(
        UserError, match=r'says nothing of 2 photographs outside its folder, such as "test_public'
    ):
        find_source(challenge.parent)
    assert figures(find_source(challenge)) == (4, 2, 2)


def test_labels_above_that_mean_other_photographs_are_not_given_to_these(
    tmp_path: Path, make_files: MakeFiles
) -> None:
    make_files(tmp_path, ["one/Ann/1.jpg", "two/Ann/1.jpg"])
    (tmp_path / "meta.json").write_text('{"Ann/1.jpg": 1}')
    for place in (tmp_path, tmp_path / "one"):
        with pytest.raises(
            UserError, match=r"none of its 1 labels called synthetic|may mean photographs in this folder"
        ):
            find_source(place)
    (tmp_path / "meta.json").write_text('{"one/Ann/1.jpg": 1, "two/Ann/1.jpg": 0}')
    assert synthetic(find_source(tmp_path / "one")) == {"Ann/1.jpg"}
    assert synthetic(find_source(tmp_path / "two")) == set()


def test_pairs_of_the_challenge(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, [f"test/images/{pair:08d}/{side}.jpg" for pair in (1, 2) for side in (0, 1)])
    for text in ("", "pair_id,label,synthetic0,synthetic1\n1,1,0,1\n2,1,0,0\n"):
        if text:
            (tmp_path / "test" / "labels.csv").write_text(text)
        for place in ("test", "test/images"):
            source = find_source(tmp_path / place)
            assert source.layout is LayoutName.PAIRS and source.synthetic == bool(text)
            assert any("lost zeros" in note for note in source.taking.notes) is bool(text)


@pytest.mark.parametrize(
    "text",
    [
        "pair_id,label,synthetic0,synthetic1\n1,1,0,1\n2.0,0,1,0\n3,1,0,0\n",
        "sep=;\nsynthetic1;ID;synthetic0;label\n1.0;0001;False;TRUE\n0;0002;1;no\n0;0003;0;1\n",
        "pair\tsame\tdeepfake_a\tdeepfake_b\n0001\t1\treal\tfake\n 0002\\\t0\tfake\treal\n0003\t1\t0\t0\n",
    ],
)
def test_labels_of_pairs_with_lost_zeros_and_other_headers(
    tmp_path: Path, make_files: MakeFiles, text: str
) -> None:
    make_files(tmp_path, [f"{pair:04d}/{side}.jpg" for pair in (1, 2, 3) for side in (0, 1)])
    (tmp_path / "labels.csv").write_text(text, encoding="utf-16")
    for layout in (None, LayoutName.PAIRS):
        source = find_source(tmp_path, layout)
        assert synthetic(source) == {"0001/1.jpg", "0002/0.jpg"} and figures(source) == (6, 2, 2)


def test_ids_of_other_pairs_are_refused(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, ["1/0.jpg", "1/1.jpg", "2/0.jpg", "2/1.jpg"])
    (tmp_path / "labels.csv").write_text("pair_id,label,synthetic0,synthetic1\n1,1,0,0\n9,1,0,1\n")
    with pytest.raises(UserError, match=r"none of its 1 labels called synthetic .* 1 of 2 pairs have no"):
        find_source(tmp_path)


@pytest.mark.parametrize("named", [".", "train_images", "train_solution.csv"])
def test_a_table_of_ids_labels_photographs(tmp_path: Path, make_files: MakeFiles, named: str) -> None:
    make_files(tmp_path, ["train_images/1.jpg", "train_images/2.jpg"])
    (tmp_path / "train_solution.csv").write_text("Id,target_feature\n1,0\n2,1\n")
    source = find_source(tmp_path / named)
    assert figures(source) == (2, 0, 1) and {path[-5:] for path in synthetic(source)} == {"2.jpg"}


def test_a_table_of_one_split_says_nothing_of_the_other(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(
        tmp_path, ["train_images/1.jpg", "train_images/2.jpg", "test_images/1.jpg", "test_images/3.jpg"]
    )
    (tmp_path / "train_solution.csv").write_text("Id,target_feature\n1,0\n2,1\n")
    source = find_source(tmp_path)
    assert synthetic(source) == {"train_images/2.jpg"} and (len(source.photographs), source.passed_over) == (
        2,
        2,
    )
    assert synthetic(find_source(tmp_path / "train_images")) == {"2.jpg"}


def test_people_of_a_table_are_those_of_the_list_or_of_the_folders(
    tmp_path: Path, make_files: MakeFiles
) -> None:
    make_files(tmp_path, PEOPLE)
    (tmp_path / "labels.csv").write_text(
        "filename,fake\n" + "".join(f"{path},{int(path in FORGED)}\n" for path in PEOPLE)
    )
    source = find_source(tmp_path)
    assert source.layout is LayoutName.LABELS and figures(source) == (4, 2, 2) and synthetic(source) == FORGED
    (tmp_path / "labels.csv").write_text(
        "label,path,split,is_query,is_gallery\n" + "".join(f"7,{path},train,,\n" for path in PEOPLE)
    )
    assert figures(find_source(tmp_path)) == (4, 1, 0)


def test_a_table_that_fits_nothing_is_not_passed_over(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, PEOPLE)
    (tmp_path / "labels.csv").write_text("path,synthetic\nZoe/1.jpg,1\n")
    with pytest.raises(UserError, match=r'calls 1 photograph synthetic, such as "Zoe/1\.jpg", but none'):
        find_source(tmp_path)
    (tmp_path / "labels.csv").write_text("path,label\nAnn/1.jpg,0\nAnn/2.jpg,1\n")
    for reading in (Reading(), Reading(columns={"synthetic": "label"})):
        assert synthetic(find_source(tmp_path, reading=reading)) == {"Ann/2.jpg"}


def test_two_tables_that_disagree_are_refused(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, PEOPLE[:2])
    for name, flag in (("a.csv", 0), ("b.csv", 1)):
        (tmp_path / name).write_text(f"path,synthetic\nAnn/1.jpg,{flag}\nAnn/2.jpg,1\n")
    with pytest.raises(UserError, match=r"say different things of Ann/1\.jpg"):
        find_source(tmp_path)


def flags_of(change: Callable[[str], str]) -> str:
    return json.dumps({change(path): int(path in FORGED) for path in PEOPLE})


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace(".jpg", ".JPG"),
        lambda path: path.upper(),
        lambda path: path.replace("/", "\\"),
        lambda path: f"./{path}",
        lambda path: f"images/{path}",
        lambda path: f"/home/somebody/set/{path}",
        lambda path: path.removesuffix(".jpg"),
        lambda path: f" {path} ",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_keys_of_meta_json_written_otherwise(
    tmp_path: Path, make_files: MakeFiles, change: Callable[[str], str], encoding: str
) -> None:
    make_files(tmp_path, PEOPLE)
    (tmp_path / "meta.json").write_text(flags_of(change), encoding=encoding)
    source = find_source(tmp_path)
    assert synthetic(source) == FORGED
    assert any(note.startswith("4 of 4 labels matched by ") for note in source.taking.notes)


@pytest.mark.parametrize(("written", "lies"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents(tmp_path: Path, make_files: MakeFiles, written: str, lies: str) -> None:
    paths = [f"José_Peña/{number}.jpg" for number in (1, 2)]
    make_files(tmp_path, [unicodedata.normalize(lies, path) for path in paths])
    flags = {unicodedata.normalize(written, path): index for index, path in enumerate(paths)}
    (tmp_path / "meta.json").write_text(json.dumps(flags, ensure_ascii=False), encoding="utf-8")
    assert synthetic(find_source(tmp_path)) == {unicodedata.normalize(lies, paths[1])}


def test_left_over_on_both_sides_is_refused_with_the_nearest_name(
    tmp_path: Path, make_files: MakeFiles
) -> None:
    make_files(tmp_path, PEOPLE)
    (tmp_path / "meta.json").write_text(flags_of(lambda path: path.replace("Bob", "Bobby")))
    with pytest.raises(
        UserError,
        match=r'2 of 4 labels match no photograph, such as "Bobby/1\.jpg" \(nearest: "Bob/1\.jpg"\); '
        r'2 of 4 photographs have no label, such as "Bob/1\.jpg"',
    ):
        find_source(tmp_path)
    source = find_source(tmp_path, reading=Reading(allow_unlabelled=True))
    assert synthetic(source) == {"Ann/2.jpg"} and len(source.taking.left_over()) == 2


def test_other_files_are_counted_by_kind(tmp_path: Path, make_files: MakeFiles) -> None:
    make_files(tmp_path, [*PEOPLE, "a.mp4", "b/c.MP4", "train.rec", "train.idx", "notes.txt", "x.zip"])
    assert find_source(tmp_path).taking.others == {
        "archives (.zip)": 1,
        "record files (.rec)": 1,
        "videos (.mp4)": 2,
    }
    with pytest.raises(UserError, match=r"no photographs in .* \(but 1 videos \(\.mp4\)\); it needs"):
        find_source(make_files(tmp_path / "videos", ["a.mp4"]))
