import numpy as np
import pytest

from common.forge.crop_forger import CropForger
from common.forge.forger import Forger
from common.forge.method_names import METHODS
from common.formats.crop_frame import ARCFACE_POINTS

Crop = np.ndarray


class Collection:
    """Twelve crops of six people, two each; the last two people are held out, crop 3 has no landmarks."""

    def __init__(self, crops: list[Crop]) -> None:
        self.images = [*crops, *[np.ascontiguousarray(crop[:, ::-1]) for crop in crops]]
        self.landmarks = ARCFACE_POINTS + np.random.default_rng(0).normal(0, 1, (12, 5, 2))
        self.landmarks[3] = np.nan
        self.identities = np.arange(12) % 6
        self.usable = np.flatnonzero(self.identities < 4)
        self.read: list[int] = []

    def image(self, row: int) -> Crop:
        self.read.append(row)
        return self.images[row]

    def forger(self, *methods: str) -> CropForger:
        return CropForger(
            Forger(methods or METHODS), self.landmarks, self.identities, self.usable, self.image
        )


@pytest.fixture
def collection(crops: list[Crop]) -> Collection:
    return Collection(crops)


def test_a_swap_takes_a_partner_of_another_identity_from_the_usable_rows(collection: Collection) -> None:
    forger = collection.forger("swap")
    for row in (0, 1, 2, 4, 5, 10, 11):
        for seed in range(10):
            forged = forger.forge(row, seed)
            assert forged.forgery.method == "swap"
            assert forged.partner in set(collection.usable) - {3}
            assert collection.identities[forged.partner] != collection.identities[row]


def test_the_partners_photograph_is_under_the_face(collection: Collection) -> None:
    forged = collection.forger("swap").forge(0, 3)
    assert forged.partner is not None
    corner = np.s_[:12, :12]
    np.testing.assert_array_equal(forged.forgery.image[corner], collection.images[forged.partner][corner])


def test_only_the_row_and_its_partner_are_read(collection: Collection) -> None:
    forger = collection.forger()
    for seed in range(30):
        collection.read.clear()
        forged = forger.forge(1, seed)
        assert sorted(collection.read) == sorted({1} | ({forged.partner} - {None}))
        assert (forged.partner is not None) == (forged.forgery.method == "swap")


def test_equal_seeds_give_equal_forgeries(collection: Collection, crops: list[Crop]) -> None:
    one, again = collection.forger(), Collection(crops).forger()
    images = set()
    for seed in range(12):
        first, second = one.forge(2, seed), again.forge(2, seed)
        assert first.partner == second.partner
        assert first.forgery.method == second.forgery.method
        assert first.forgery.parameters == second.forgery.parameters
        np.testing.assert_array_equal(first.forgery.image, second.forgery.image)
        images.add(first.forgery.image.tobytes())
    assert len(images) == 12


def test_the_crops_themselves_stay_as_they_are(collection: Collection) -> None:
    kept = [image.copy() for image in collection.images]
    for seed in range(20):
        collection.forger().forge(seed % 3, seed)
    for image, before in zip(collection.images, kept, strict=True):
        np.testing.assert_array_equal(image, before)


def test_without_anybody_else_the_face_itself_is_forged(collection: Collection) -> None:
    collection.usable = np.array([0, 6])  # both of the first person
    forged = collection.forger("swap").forge(0, 1)
    assert forged.partner is None
    assert forged.forgery.method == "self-blend"


def test_a_row_without_landmarks_cannot_be_forged(collection: Collection) -> None:
    forger = collection.forger()
    assert [row for row in range(12) if not forger.can_forge(row)] == [3]
    with pytest.raises(ValueError, match="row 3 has no landmarks"):
        forger.forge(3, 0)
