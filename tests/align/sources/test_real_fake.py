import pytest

from align.sources.layouts.real_fake import looks_real_fake, real_fake
from align.sources.photograph import Photograph


@pytest.mark.parametrize(
    ("path", "identity", "synthetic"),
    [
        ("real/0.jpg", "real/0", False),
        ("FAKE/a.b.jpg", "FAKE/a.b", True),
        ("train/real/0.jpg", "train/real/0", False),
        ("fake/Test/0.jpg", "fake/Test/0", True),
        ("real/anna/0.jpg", "anna", False),
        ("fake/anna/1.jpg", "anna", True),
        ("train/fake/anna/deep/1.jpg", "anna", True),
        ("fake/val/anna/1.jpg", "anna", True),
        ("anna/real/0.jpg", "anna", False),
        ("real/anna/fake/0.jpg", "anna", False),
        ("fake/real/0.jpg", "fake/real/0", True),
    ],
)
def test_label_and_person_of_a_path(path: str, identity: str, synthetic: bool) -> None:
    beside = Photograph("REAL/zoe/0.jpg", "zoe", False)
    assert Photograph(path, identity, synthetic) in real_fake(sorted([path, beside.path]))
    assert beside in real_fake(sorted([path, beside.path]))


def test_what_is_neither_is_passed_over() -> None:
    assert real_fake(["anna/0.jpg", "fake.jpg", "fakery/0.jpg", "really/x/0.jpg"]) == []
    assert real_fake([]) == []


def test_a_folder_that_all_lie_in_is_nobody() -> None:
    paths = ["data/set/fake/0.jpg", "data/set/fake/anna/0.jpg", "data/set/real/1.jpg", "other/2.jpg"]
    assert [photograph.identity for photograph in real_fake(paths)] == [
        "data/set/fake/0",
        "anna",
        "data/set/real/1",
    ]


def test_the_photographs_of_a_folder_share_one_string() -> None:
    first, second = real_fake(["real/some one/0.jpg", "real/some one/1.jpg"])
    assert first.identity is second.identity


@pytest.mark.parametrize(
    "paths",
    [
        ["fake/0.jpg", "real/0.jpg"],
        ["cover.jpg", "fake/anna/0.jpg", "real/anna/0.jpg", "thumbs/0.jpg"],
        ["train/FAKE/0.jpg", "train/Real/0.jpg", "val/real/0.jpg"],
        ["fake/train/0.jpg", "real/train/0.jpg"],
        ["anna/fake/0.jpg", "anna/real/0.jpg", "boris/real/1.jpg"],
        ["data/train/fake/0.jpg", "data/train/real/0.jpg"],
        ["real/0.jpg"],
        ["cover.jpg", "fake/anna/0.jpg", "fake/boris/0.jpg"],
        ["train/real/0.jpg", "val/real/1.jpg"],
    ],
)
def test_recognised(paths: list[str]) -> None:
    assert looks_real_fake(sorted(paths))


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["fake.jpg", "real.jpg"],
        ["anna/0.jpg", "real/0.jpg"],
        ["anna/real/0.jpg", "boris/0.jpg"],
        ["train/anna/0.jpg", "train/real/0.jpg"],
        ["a/b/real/0.jpg", "c/d/fake/0.jpg"],
        ["really/0.jpg", "fakes/0.jpg"],
    ],
)
def test_not_recognised(paths: list[str]) -> None:
    assert not looks_real_fake(sorted(paths))
