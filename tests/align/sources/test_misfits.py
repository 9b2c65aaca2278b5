"""Labels that are there and do not fit, or are not understood: told or refused, never passed over."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from align.sources.find import Source, find_source
from align.sources.layouts import LayoutName
from align.sources.reading import Reading
from common.runtime.errors import UserError

MakeFiles = Callable[..., Path]
NAMES = [f"{number}.jpg" for number in range(1, 7)]
PEOPLE = [f"p{number % 2}/{number}.jpg" for number in range(6)]
FLAGS = {name: number % 2 for number, name in enumerate(NAMES)}


def table(header: str, flags: Mapping[str, object] = FLAGS, comma: str = ",") -> str:
    rows = [header] if header else []
    return "\n".join([*rows, *(f"{name}{comma}{flag}" for name, flag in flags.items())]) + "\n"


def synthetic(source: Source) -> list[str]:
    return [photograph.path for photograph in source.photographs if photograph.synthetic]


FORGED = ["2.jpg", "4.jpg", "6.jpg"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", table("foo,bar")),
        ("list.csv", table("")),
        ("list.csv", table("path,bar")),
        ("list.csv", table("foo,label")),
        ("list.csv", table("", {name: "fake" if flag else "real" for name, flag in FLAGS.items()})),
        ("list.csv", table("number,spoof", {name[0]: flag for name, flag in FLAGS.items()})),
        ("protocol.txt", table("", comma=" ")),
        ("labels.json", json.dumps(FLAGS)),
        ("metadata.json", json.dumps({name: {"label": "FAKE"} for name in NAMES})),
        ("list.json", json.dumps([{"path": name, "label": 1} for name in NAMES])),
        ("list.jsonl", "".join(f'{{"path": "{name}", "fake": true}}\n' for name in NAMES)),
    ],
)
def test_a_table_of_which_nobody_knows_what_it_says_is_refused_or_told(
    tmp_path: Path, make_files: MakeFiles, name: str, text: str
) -> None:
    root = make_files(tmp_path / "images", NAMES)
    for place in (root / name, tmp_path / name):
        place.write_text(text)
        with pytest.raises(UserError, match=rf"{name} names 6 photographs.*--layout people.*--allow-unl"):
            find_source(root)
        place.unlink()
    (root / name).write_text(text)
    for layout, allow in ((LayoutName.FLAT, False), (None, True)):
        taking = find_source(root, layout, reading=Reading(allow_unlabelled=allow)).taking
        assert taking.left_over() == [f"{root / name} is not read: 6 of its first rows name photographs"]


def test_a_table_of_folders_is_refused(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, PEOPLE)
    (root / "labels.csv").write_text("person,fake\np0,0\np1,1\n")
    with pytest.raises(UserError, match=r"names 2 photographs or folders and may label them"):
        find_source(root)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("list.csv", b"PK\x03\x04" + bytes(range(256)), "it is no text, but a zip or .xlsx"),
        (
            "boxes.csv",
            b"image_id,x_1,width\n1.jpg,9,50\n2.jpg,8,60\n",
            "2 of its first rows name photographs",
        ),
        ("pairs.csv", b"path1,path2,label\n1.jpg,2.jpg,1\n", "a list of pairs; train run --pairs and infer"),
        ("fix.csv", b"path,identity,synthetic,drop\n1.jpg,,1,\n", "corrections are taken with --relabel"),
        ("test.csv", b"Id,target_feature\n77,0\n", "it says of no photograph here whether it is synthetic"),
    ],
)
def test_other_tables_are_told(
    tmp_path: Path, make_files: MakeFiles, name: str, data: bytes, why: str
) -> None:
    root = make_files(tmp_path / "in", NAMES)
    (root / name).write_bytes(data)
    told = find_source(root).taking.left_over()
    assert len(told) == 1 and f"{root / name} is not read: {why}" in told[0]


def test_columns_that_nothing_has_are_refused(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path / "in", NAMES)
    (root / "list.csv").write_text(table("foo,bar"))
    assert (
        synthetic(find_source(root, reading=Reading(columns={"path": "foo", "synthetic": "bar"}))) == FORGED
    )
    with pytest.raises(UserError, match=r"--columns names columns of a .csv, and none in or above"):
        find_source(root, reading=Reading(columns={"path": "food", "synthetic": "bar"}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            table("foo,bar"),
            "line 1: no name is known for a column that names the photographs; .*'foo', 'bar'",
        ),
        (table("foo,bar", {name[0]: flag for name, flag in FLAGS.items()}), "second column holds 0, 1; say"),
        (
            table("", {name: f"{flag},{flag}" for name, flag in FLAGS.items()}),
            "second column holds 0, 1; say",
        ),
        (
            table("path,synthetic", FLAGS | dict.fromkeys(FORGED, 0) | {"x.jpg": 1}),
            "none of its 1 rows called",
        ),
        (table("path,synthetic", FLAGS | {"x.jpg": 1}), '1 of 7 rows name no file.* line 8: "x.jpg"'),
        (
            table("path,synthetic", {"1.jpg": 0, "2.jpg": 1, "x": 1}),
            "1 of 3 rows name no file that is there",
        ),
        (
            table("path,synthetic", FLAGS | dict.fromkeys(FORGED, "")),
            "3 of 6 rows do not say whether the face",
        ),
        (table("path,is_real,is_fake", dict.fromkeys(NAMES, "0,0")), "is_fake and is_real cannot both hold"),
    ],
)
def test_lists_that_do_not_fit_are_refused(
    tmp_path: Path, make_files: MakeFiles, text: str, told: str
) -> None:
    make_files(tmp_path, NAMES)
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(UserError, match=told):
        find_source(tmp_path / "list.csv")


def test_what_is_left_over_of_a_list_is_told_where_it_is_allowed(
    tmp_path: Path, make_files: MakeFiles
) -> None:
    make_files(tmp_path, NAMES)
    (tmp_path / "list.csv").write_text(table("path,synthetic", FLAGS | {"x.jpg": 1, "1.jpg": ""}))
    notes = find_source(tmp_path / "list.csv", reading=Reading(allow_unlabelled=True)).taking.notes
    assert any(
        '1 of 7 rows name no file that is there, the first in line 8: "x.jpg"' in note for note in notes
    )
    assert any("1 of 7 rows do not say whether the face is synthetic" in note for note in notes)


@pytest.mark.parametrize("labels", [{}, dict.fromkeys(PEOPLE[:3], 0), {PEOPLE[0]: 1}])
def test_photographs_without_a_label_are_refused(
    tmp_path: Path, make_files: MakeFiles, labels: dict[str, int]
) -> None:
    root = make_files(tmp_path, PEOPLE)
    (root / "meta.json").write_text(json.dumps(labels))
    with pytest.raises(
        UserError, match=rf"{6 - len(labels)} of 6 photographs have no label.*--allow-unlabell"
    ):
        find_source(root)
    source = find_source(root, reading=Reading(allow_unlabelled=True))
    assert source.taking.photographs.count == 6 - len(labels)


def test_pairs_without_a_label_are_refused(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, [f"{pair}/{side}.jpg" for pair in "abcd" for side in (0, 1)])
    (root / "labels.csv").write_text("pair_id,label,synthetic0,synthetic1\na,1,0,1\nb,1,0,0\n")
    for layout in (None, LayoutName.PAIRS):
        with pytest.raises(UserError, match=r"2 of 4 pairs have no label"):
            find_source(root, layout)


def test_files_of_labels_side_by_side(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path / "in", NAMES)
    halves = [dict(list(FLAGS.items())[:3]), dict(list(FLAGS.items())[3:])]
    for name, half in zip(("a.csv", "b.csv"), halves, strict=True):
        (root / name).write_text(table("Id,target_feature", half))
    assert synthetic(find_source(root)) == FORGED
    (root / "b.csv").write_text(table("Id,target_feature", {"4.jpg": 1}))
    with pytest.raises(UserError, match=r"a.csv and .*b.csv together: 2 of 6 photographs have no label"):
        find_source(root)
    (root / "b.csv").write_text(table("Id,target_feature", FLAGS | {"1.jpg": 1}))
    with pytest.raises(UserError, match=r"say different things of 1.jpg"):
        find_source(root)
    (root / "a.csv").write_text(table("Id,person", dict.fromkeys(NAMES, "anna")))
    (root / "b.csv").write_text(table("Id,fake"))
    source = find_source(root)
    assert synthetic(source) == FORGED and source.known_people == 1
    assert not any("all are taken for bona fide" in note for note in source.taking.notes)


def test_labels_below_another_table_are_found(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path / "in", [f"train/{name}" for name in NAMES])
    (root / "notes.csv").write_text("a,b\n1,2\n")
    (root / "train" / "labels.csv").write_text(table("path,synthetic"))
    assert synthetic(find_source(root)) == [f"train/{name}" for name in FORGED]


def test_labels_that_contradict_each_other_or_the_folders_are_refused(
    tmp_path: Path, make_files: MakeFiles
) -> None:
    root = make_files(tmp_path / "in", NAMES)
    (root / "meta.json").write_text(json.dumps(FLAGS))
    (root / "labels.csv").write_text(table("path,synthetic"))
    source = find_source(root)
    assert synthetic(source) == FORGED
    assert source.taking.left_over() == [
        f"{root / 'labels.csv'} is not read: it says the same of 6 photographs"
    ]
    (root / "labels.csv").write_text(table("path,synthetic", FLAGS | {"1.jpg": 1}))
    with pytest.raises(
        UserError, match=r"labels.csv says something else of 1 of 6 photographs, such as 1.jpg"
    ):
        find_source(root)
    folders = make_files(tmp_path / "folders", ["real/1.jpg", "fake/2.jpg"])
    (folders / "meta.json").write_text('{"real/1.jpg": 1, "fake/2.jpg": 0}')
    with pytest.raises(
        UserError, match=r"folders contradict each other for 2 of 2 photographs: fake/2.jpg is"
    ):
        find_source(folders)
    (folders / "meta.json").unlink()
    (folders / "list.csv").write_text("path,synthetic\nreal/1.jpg,1\nfake/2.jpg,0\n")
    with pytest.raises(UserError, match=r"list.csv says something else of 2 of 2 photographs"):
        find_source(folders)
    (folders / "list.csv").write_text("path,target\nreal/1.jpg,1\nfake/2.jpg,0\n")
    (folders / "other.csv").write_text("foo,bar\nreal/1.jpg,1\nfake/2.jpg,0\n")
    source = find_source(folders)  # the folders say it; the tables are told
    assert synthetic(source) == ["fake/2.jpg"]
    assert ["lists differ in what" in line for line in source.taking.left_over()] == [True, False]


@pytest.mark.parametrize(
    "folders", [("0", "1"), ("train/0", "train/1"), ("pos", "neg"), ("orig", "swap"), ("True", "False")]
)
def test_folders_that_may_be_classes_are_asked_about(
    tmp_path: Path, make_files: MakeFiles, folders: tuple[str, str]
) -> None:
    root = make_files(
        tmp_path, [f"{folder}/{name}" for folder in folders for name in ("x.jpg", "anna/y.jpg")]
    )
    with pytest.raises(UserError, match=rf"named as labels are: .*{folders[1]}.*--layout people"):
        find_source(root)
    told = find_source(root, reading=Reading(synthetic=(folders[1].split("/")[-1],)))
    assert synthetic(told) == [f"{folders[1]}/anna/y.jpg", f"{folders[1]}/x.jpg"]
    make_files(root, [folders[0].replace(folders[0].split("/")[-1], "carl") + "/1.jpg"])
    assert find_source(root).synthetic == 0


def test_clients_and_imposters_are_bona_fide_and_spoofed(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["ClientRaw/0001/1.jpg", "ImposterRaw/0001/1.jpg"])
    assert synthetic(find_source(root)) == ["ImposterRaw/0001/1.jpg"]


def test_a_persons_forgeries_beside_the_person_are_asked_about(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path, ["anna/1.jpg", "anna_deepfake/1.jpg", "boris/1.jpg", "carl/1.jpg"])
    with pytest.raises(UserError, match="named as labels are: anna_deepfake"):
        find_source(root)


def test_labels_behind_links_deep_down_and_beside_are_not_passed_over(
    tmp_path: Path, make_files: MakeFiles
) -> None:
    root = make_files(tmp_path / "one", NAMES)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "flags").write_text(json.dumps(FLAGS))
    (root / "meta.json").symlink_to(tmp_path / "elsewhere" / "flags")
    assert synthetic(find_source(root)) == FORGED
    deep = make_files(tmp_path / "two", [f"a/b/c/d/{name}" for name in NAMES])
    (deep / "a" / "b" / "c" / "d" / "labels.csv").write_text(table("path,synthetic"))
    assert synthetic(find_source(deep)) == [f"a/b/c/d/{name}" for name in FORGED]
    images = make_files(tmp_path / "three" / "images", NAMES)
    (tmp_path / "three" / "labels").mkdir()
    (tmp_path / "three" / "labels" / "all.csv").write_text(table("path,synthetic"))
    with pytest.raises(UserError, match=r"labels/all.csv names 6 photographs"):
        find_source(images)
