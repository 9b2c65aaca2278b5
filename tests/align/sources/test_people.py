from align.sources.layouts.people import people
from align.sources.photograph import Photograph

PATHS = ["A/deep/y.webp", "A/x.png", "B/10.JPG", "B/2.jpg", "loose.jpg", "Ångström/å.tiff"]


def identities(*paths: str) -> dict[str, str]:
    return {photograph.path: photograph.identity for photograph in people(sorted(paths), {})}


def test_the_top_folder_is_the_person_and_loose_photographs_are_passed_over() -> None:
    assert people(PATHS, {"A/x.png": True, "B/2.jpg": False, "gone/0.jpg": True, "loose.jpg": True}) == [
        Photograph("A/deep/y.webp", "A", False),
        Photograph("A/x.png", "A", True),
        Photograph("B/10.JPG", "B", False),
        Photograph("B/2.jpg", "B", False),
        Photograph("Ångström/å.tiff", "Ångström", False),
    ]


def test_the_photographs_of_a_person_share_one_string() -> None:
    first, second = people(["some one/0.jpg", "some one/b/1.jpg"], {})
    assert first.identity is second.identity


def test_below_splits_the_second_folder_is_the_person() -> None:
    assert identities("train/anna/0.jpg", "VAL/anna/x/1.jpg", "test/boris/0.jpg", "cover.jpg") == {
        "train/anna/0.jpg": "anna",
        "VAL/anna/x/1.jpg": "anna",
        "test/boris/0.jpg": "boris",
    }


def test_photographs_loose_in_a_split_are_nobodys() -> None:
    assert identities("train/anna/0.jpg", "train/stray.jpg") == {"train/anna/0.jpg": "anna"}


def test_splits_beside_other_folders_or_without_folders_in_them_are_people() -> None:
    assert identities("train/anna/0.jpg", "zoe/0.jpg") == {"train/anna/0.jpg": "train", "zoe/0.jpg": "zoe"}
    assert identities("dev/0.jpg", "test/0.jpg") == {"dev/0.jpg": "dev", "test/0.jpg": "test"}


def test_a_folder_around_the_people_is_nobody() -> None:
    paths = ["lfw/anna/0.jpg", "lfw/anna/1.jpg", "lfw/boris/0.jpg"]
    assert [photograph.identity for photograph in people(paths, {})] == ["anna", "anna", "boris"]
    split = ["lfw/train/anna/0.jpg", "lfw/val/boris/0.jpg"]
    assert [photograph.identity for photograph in people(split, {})] == ["anna", "boris"]
    album = ["anna/0.jpg", "anna/album/1.jpg"]
    assert [photograph.identity for photograph in people(album, {})] == ["anna", "anna"]


def test_folders_called_images_and_the_like_are_nobody() -> None:
    assert identities("images/anna/0.jpg", "images/boris/0.jpg") == {
        "images/anna/0.jpg": "anna",
        "images/boris/0.jpg": "boris",
    }
    paths = ["train/images/anna/0.jpg", "val/images/boris/0.jpg", "val/images/loose.jpg"]
    assert identities(*paths) == {paths[0]: "anna", paths[1]: "boris"}
    assert identities("set/train/images/anna/0.jpg") == {"set/train/images/anna/0.jpg": "anna"}
    assert identities("images/0.jpg", "photos/0.jpg") == {"images/0.jpg": "images", "photos/0.jpg": "photos"}
