import hashlib
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from common.forge.face import Face
from common.forge.forger import LEAST_CHANGE, Forger, visible_change
from common.forge.method_names import METHODS
from common.forge.methods import ONE_FACE, TWO_FACES
from common.formats.crop_frame import ARCFACE_POINTS
from common.runtime.errors import UserError

Crop = np.ndarray

FORGE_ALL = """
import hashlib, sys
import cv2, numpy as np
from common.formats.crop_frame import ARCFACE_POINTS
from common.forge.face import Face
from common.forge.forger import Forger
cv2.setNumThreads(int(sys.argv[2]))
faces = [Face(crop, ARCFACE_POINTS) for crop in np.load(sys.argv[1])]
digest = hashlib.sha256()
for seed in range(24):
    forgery = Forger().forge(faces[seed % 6], faces[(seed + 1) % 6], seed)
    digest.update(forgery.image.tobytes())
    digest.update(repr((forgery.method, forgery.parameters)).encode())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def faces(crops: list[Crop]) -> list[Face]:
    return [Face(crop, ARCFACE_POINTS) for crop in crops]


def of_size(face: Face, size: int) -> Face:
    image = cv2.resize(face.image, (size, size), interpolation=cv2.INTER_AREA)
    return Face(image, face.landmarks * (size / face.size))


def grey(face: Face) -> Face:
    return Face(np.repeat(cv2.cvtColor(face.image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2), face.landmarks)


def base_of(method: str, face: Face, partner: Face) -> Face:
    return partner if method in TWO_FACES else face


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [64, 112, 224])
def test_a_method_gives_the_same_changed_crop_for_a_seed(faces: list[Face], method: str, size: int) -> None:
    face, partner = of_size(faces[0], size), of_size(faces[1], size)
    kept = face.image.copy(), face.landmarks.copy(), partner.image.copy(), partner.landmarks.copy()
    images = set()
    for seed in range(6):
        forgery = Forger((method,)).forge(face, partner, seed)
        again = Forger((method,)).forge(face, partner, seed)
        assert forgery.method == method
        assert forgery.image.shape == (size, size, 3) and forgery.image.dtype == np.uint8
        np.testing.assert_array_equal(forgery.image, again.image)
        assert forgery.parameters == again.parameters == json.loads(json.dumps(forgery.parameters))
        assert forgery.parameters
        images.add(forgery.image.tobytes())
    assert len(images) == 6
    for now, before in zip((face.image, face.landmarks, partner.image, partner.landmarks), kept, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("method", METHODS)
def test_a_forgery_differs_visibly_in_the_face(faces: list[Face], method: str) -> None:
    for seed in range(30):
        face, partner = faces[seed % 6], faces[(seed + 1) % 6]
        image = Forger((method,)).forge(face, partner, seed).image
        original = base_of(method, face, partner).image
        assert visible_change(image, original) >= LEAST_CHANGE
        inside = np.abs(image.astype(int) - original)[35:105, 25:87].mean()
        assert inside > 0.5


@pytest.mark.parametrize("method", METHODS)
def test_a_grey_photograph_stays_grey(faces: list[Face], method: str) -> None:
    for seed in range(12):
        image = Forger((method,)).forge(grey(faces[seed % 6]), grey(faces[(seed + 1) % 6]), seed).image
        assert (image == image[..., :1]).all(), seed


@pytest.mark.parametrize("method", METHODS)
def test_wild_landmarks_are_no_error(faces: list[Face], method: str) -> None:
    rng = np.random.default_rng(0)
    wild = [rng.normal(50, 10.0**power, (5, 2)) for power in range(-3, 7)]
    wild += [np.zeros((5, 2)), np.full((5, 2), 1e300), ARCFACE_POINTS[::-1], ARCFACE_POINTS[[0, 0, 0, 1, 1]]]
    for seed, landmarks in enumerate(wild):
        for face, partner in [
            (Face(faces[0].image, landmarks), faces[1]),
            (faces[0], Face(faces[1].image, landmarks)),
        ]:
            image = Forger((method,)).forge(face, partner, seed).image
            assert image.shape == (112, 112, 3) and image.dtype == np.uint8


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_crop_without_a_picture_is_no_error(method: str, value: int) -> None:
    face = Face(np.full((112, 112, 3), value, np.uint8), ARCFACE_POINTS)
    assert Forger((method,)).forge(face, face, 1).image.shape == (112, 112, 3)


@pytest.mark.parametrize("method", METHODS)
def test_what_lies_outside_of_the_photograph_stays_black(faces: list[Face], method: str) -> None:
    cut = [Face(np.maximum(face.image, 1), face.landmarks) for face in faces]
    for face in cut:
        face.image[:, :12] = 0
    for seed in range(12):
        image = Forger((method,)).forge(cut[seed % 6], cut[(seed + 1) % 6], seed).image
        assert image[:, :12].max() == 0
        assert image[:, 12:].max() > 0


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_forgeries_are_the_same_in_another_process(
    crops: list[Crop], tmp_path: Path, process_environment: dict[str, str], threads: int
) -> None:
    np.save(tmp_path / "crops.npy", np.stack(crops))
    digest = hashlib.sha256()
    for seed in range(24):
        forgery = Forger().forge(
            Face(crops[seed % 6], ARCFACE_POINTS), Face(crops[(seed + 1) % 6], ARCFACE_POINTS), seed
        )
        digest.update(forgery.image.tobytes())
        digest.update(repr((forgery.method, forgery.parameters)).encode())
    told = subprocess.run(
        [sys.executable, "-c", FORGE_ALL, str(tmp_path / "crops.npy"), str(threads)],
        env=process_environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert told.stdout.strip() == digest.hexdigest()


def test_each_method_is_as_frequent_as_the_others() -> None:
    chosen = [Forger().method(seed) for seed in range(2000)]
    shares = [chosen.count(method) / 2000 for method in METHODS]
    assert min(shares) > 0.2 and max(shares) < 0.3
    assert set(METHODS) == set(ONE_FACE) | set(TWO_FACES)


def test_only_methods_of_two_faces_take_a_partner(faces: list[Face]) -> None:
    for seed in range(40):
        forger = Forger()
        assert forger.takes_partner(seed) == (forger.method(seed) in TWO_FACES)
        assert forger.forge(faces[0], faces[1], seed).method == forger.method(seed)


@pytest.mark.parametrize(
    ("methods", "instead"),
    [(("swap",), "self-blend"), (("swap", "reenactment"), "reenactment")],
)
def test_without_a_partner_another_method_takes_over(
    faces: list[Face], methods: tuple[str, ...], instead: str
) -> None:
    assert {Forger(methods).forge(faces[0], None, seed).method for seed in range(8)} == {instead}


def test_an_unknown_method_is_a_users_error() -> None:
    with pytest.raises(
        UserError, match=r"no method 'self_blend' to forge by \(did you mean 'self-blend'\?\); known"
    ):
        Forger(("swap", "self_blend"))
    with pytest.raises(UserError, match="no method 'x' to forge by; known: self-blend"):
        Forger(("x",))
    with pytest.raises(UserError, match="no method to forge by"):
        Forger(())


def test_faces_that_cannot_be_forged_are_refused(faces: list[Face]) -> None:
    with pytest.raises(ValueError, match="without landmarks"):
        Forger().forge(Face(faces[0].image, np.full((5, 2), np.nan)), None, 0)
    with pytest.raises(ValueError, match="112 and 64 pixels"):
        Forger(("swap",)).forge(faces[0], of_size(faces[1], 64), 0)


def test_a_change_counts_where_it_is(crops: list[Crop]) -> None:
    crop = np.clip(crops[0], 20, 235)
    checks = np.where(np.indices(crop.shape).sum(axis=0) % 2, 12, -12)
    mouth, everywhere = crop.copy(), (crop + checks).astype(np.uint8)
    mouth[84:104, 40:72] = everywhere[84:104, 40:72]
    point = crop.copy()
    point[50, 50] = 255
    assert visible_change(crop, crop) == 0
    assert visible_change(everywhere, crop) == pytest.approx(12, rel=0.05)
    assert visible_change(crop + np.uint8(12), crop) < 1, "another tint alone is no trace"
    assert 6 < visible_change(mouth, crop) <= 12
    assert visible_change(point, crop) < 8


def test_a_forgery_that_shows_nothing_is_drawn_anew(
    faces: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    from common.forge.chance import Chance

    def method(face: Face, chance: Chance) -> np.ndarray:
        added = chance.integer("added", 0, 13)
        checks = np.where(np.indices(face.image.shape).sum(axis=0) % 2, added, -added)
        return np.clip(np.clip(face.image, 20, 235) + checks, 0, 255).astype(np.uint8)

    monkeypatch.setitem(ONE_FACE, "self-blend", method)
    added = [Forger(("self-blend",)).forge(faces[0], None, seed).parameters["added"] for seed in range(60)]
    assert np.mean(np.array(added) >= LEAST_CHANGE) > 0.75  # of 0..13, 0.43 are
