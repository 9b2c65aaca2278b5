from collections.abc import Callable
from pathlib import Path

import pytest

from align.sources.find import find_source
from align.sources.kind_folders import side_by_side
from align.sources.layouts import LayoutName
from align.sources.layouts.real_fake import real_fake
from align.sources.like_labels import files_like_labels, like_labels
from align.sources.photograph import Photograph
from align.sources.reading import Reading
from common.runtime.errors import UserError

MakeFiles = Callable[..., Path]
PAIRS_OF_NAMES = [
    ("training_real", "training_fake"),
    ("0_real", "1_fake"),
    ("Reals", "FAKES"),
    ("live", "spoof"),
    ("bonafide", "morphed"),
    ("bona_fide", "attack"),
    ("bona fide", "morphing attacks"),
    ("genuine", "forged"),
    ("authentic", "ai-generated"),
    ("pristine", "deep_fake"),
    ("original", "Deepfakes"),
    ("non-fake", "fake images"),
    ("Celeb-real", "Celeb-synthesis"),
    ("original_sequences", "manipulated_sequences"),
]


@pytest.mark.parametrize(("real", "fake"), PAIRS_OF_NAMES)
@pytest.mark.parametrize("around", ["", "train/", "set/val/"])
def test_both_kinds_side_by_side_are_recognised(
    tmp_path: Path, make_files: MakeFiles, real: str, fake: str, around: str
) -> None:
    make_files(
        tmp_path, [f"{around}{real}/anna/0.jpg", f"{around}{fake}/anna/1.jpg", f"{around}{fake}/2.jpg"]
    )
    source = find_source(tmp_path)
    assert source.layout is LayoutName.REAL_FAKE
    assert source.photographs == sorted(
        [
            Photograph(f"{around}{real}/anna/0.jpg", "anna", False),
            Photograph(f"{around}{fake}/anna/1.jpg", "anna", True),
            Photograph(f"{around}{fake}/2.jpg", f"{around}{fake}/2", True),
        ],
        key=lambda photograph: photograph.path,
    )


def test_of_face_forensics_the_frames_folder_is_the_person() -> None:
    paths = [
        "ff/manipulated_sequences/Deepfakes/c23/frames/000_003/0.png",
        "ff/manipulated_sequences/NeuralTextures/c23/frames/000/0.png",
        "ff/original_sequences/actors/c40/images/01/0.png",
        "ff/original_sequences/youtube/c23/frames/000/0.png",
    ]
    found = real_fake(paths)
    assert [photograph.identity for photograph in found] == ["000_003", "000", "01", "000"]
    assert [photograph.synthetic for photograph in found] == [True, True, False, False]


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["training_fake/0.jpg"], ["training_fake"]),
        (["anna/0.jpg", "real/0.jpg"], ["real"]),
        (["anna/0.jpg", "anna/spoof/1.jpg", "boris/0.jpg"], ["anna/spoof"]),
        (["live/0.jpg", "replay/0.jpg"], ["live"]),
        (["progan_fake/0.jpg", "stylegan_fake/0.jpg"], ["progan_fake", "stylegan_fake"]),
    ],
)
def test_names_like_labels_are_asked_about(
    tmp_path: Path, make_files: MakeFiles, paths: list[str], named: list[str]
) -> None:
    assert side_by_side(paths) == {} and like_labels(paths) == named
    make_files(tmp_path, paths)
    with pytest.raises(UserError, match=f"named as labels are: {', '.join(named)}. If .* --synthetic NAME"):
        find_source(tmp_path)
    assert not any(
        photograph.synthetic for photograph in find_source(tmp_path, LayoutName.PEOPLE).photographs
    )


@pytest.mark.parametrize(
    "paths",
    [
        [
            "Ai_Sugiyama/0.jpg",
            "Anna_Live/0.jpg",
            "Boris/0.jpg",
            "Clara/0.jpg",
            "Real_Madrid/1.jpg",
            "Zoe/0.jpg",
        ],
        ["anna/original/0.jpg", "boris/live/0.jpg"],
        ["train/anna/0.jpg", "val/boris/0.jpg"],
        ["0.jpg", "fake_1.jpg"],
    ],
)
def test_names_of_people_are_not(paths: list[str]) -> None:
    assert side_by_side(paths) == {} and like_labels(paths) == []


def test_the_named_folders_are_synthetic_and_those_beside_bona_fide(
    tmp_path: Path, make_files: MakeFiles
) -> None:
    make_files(tmp_path, ["train/a/anna/0.jpg", "train/b/anna/1.jpg", "train/c/2.jpg", "val/B/3.jpg"])
    source = find_source(tmp_path, reading=Reading(synthetic=("b", "train/c")))
    assert source.layout is LayoutName.REAL_FAKE and source.photographs == [
        Photograph("train/a/anna/0.jpg", "anna", False),
        Photograph("train/b/anna/1.jpg", "anna", True),
        Photograph("train/c/2.jpg", "train/c/2", True),
        Photograph("val/B/3.jpg", "val/B/3", True),
    ]
    with pytest.raises(UserError, match="--synthetic d: no folder is called so; there are train, val"):
        find_source(tmp_path, reading=Reading(synthetic=("d",)))
    with pytest.raises(UserError, match="--synthetic d: no folder is called so; there are no folders"):
        find_source(tmp_path / "val" / "B", reading=Reading(synthetic=("d",)))
    with pytest.raises(UserError, match="--synthetic names folders of the layout real-fake, not of people"):
        find_source(tmp_path, LayoutName.PEOPLE, reading=Reading(synthetic=("b",)))


def test_a_folder_named_as_forgeries_are_is_asked_about(tmp_path: Path, make_files: MakeFiles) -> None:
    root = make_files(tmp_path / "training_fake", ["0.jpg", "1.jpg"])
    with pytest.raises(UserError, match=r"training_fake itself is named as labels are.* --synthetic \."):
        find_source(root)
    assert find_source(root, reading=Reading(synthetic=(".",))).synthetic == 2
    assert find_source(root, LayoutName.FLAT).synthetic == 0


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        (["fake_1.jpg", "real_1.jpg"], ["fake_1.jpg"]),
        (["p/1_spoof_2.png", "p/1_live_2.png", "q/3_live.png"], ["p/1_spoof_2.png"]),
        (["Ai_Sugiyama/Ai_Sugiyama_0001.jpg", "Gan_Li/1.jpg", "p/IMG_1_edited.jpg"], []),
        (["Fake_Name/Fake_Name_1.jpg"], []),
        (["p/fake.jpg", *(f"p/{number}.jpg" for number in range(20))], []),
    ],
)
def test_files_named_like_labels_are_asked_about(paths: list[str], named: list[str]) -> None:
    assert files_like_labels(paths) == named
