"""Turned photographs stand upright, small faces are found, and upright photographs pay for neither."""

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from align.crops.aligner import AlignedFace, Aligner, Rejection
from align.crops.crop import crop_face
from align.crops.options import AlignOptions, FaceChoice, OnMissing
from align.crops.reasons import NO_FACE, TURNED, ReasonKind
from align.crops.upright import tilt
from align.detectors.detection import Detection, EarlyExit, ScoreLevels, detect
from align.detectors.tiles import search_in_tiles
from align.media.read import read_image
from common.formats.crop_frame import ARCFACE_POINTS, landmarks_in_crop

Array = NDArray[np.uint8]


@pytest.fixture(scope="module")
def aligner() -> Aligner:
    return Aligner()


def encoded(image: Array, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(
        file, kind, **({"quality": 95} if kind == "JPEG" else {})
    )
    return file.getvalue()


def face_of(outcome: AlignedFace | Rejection) -> AlignedFace:
    assert isinstance(outcome, AlignedFace), outcome
    return outcome


def count_looks(aligner: Aligner, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    assert aligner.detector is not None
    looks: list[int] = []
    look = aligner.detector.detect_batch

    def counting(images: Sequence[Array], early_exits: Sequence[EarlyExit]) -> list[list[Detection]]:
        looks.append(len(images))
        return look(images, early_exits)

    monkeypatch.setattr(aligner.detector, "detect_batch", counting)
    return looks


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_photograph_gives_the_crop_of_the_upright_one(
    portraits: list[Array], aligner: Aligner, quarters: int
) -> None:
    for portrait in portraits:
        upright = face_of(aligner.align(encoded(portrait)))
        turned = face_of(aligner.align(encoded(np.rot90(portrait, quarters))))
        assert (upright.turned, turned.turned) == (0, 90 * quarters)
        assert np.abs(turned.image.astype(int) - upright.image).mean() < 3
        # landmarks lie in the photograph as it is, and lead to the crop like any others
        again = crop_face(np.ascontiguousarray(np.rot90(portrait, quarters)), turned.detection.landmarks)
        np.testing.assert_array_equal(turned.image, again)
        points = landmarks_in_crop(turned.detection.landmarks, turned.detection.box, aligner.frame)
        assert np.abs(points - aligner.frame.points).max() < 14
        left, top, right, bottom = turned.detection.box.tolist()
        inside = (turned.detection.landmarks >= (left, top)) & (turned.detection.landmarks <= (right, bottom))
        assert inside.all() and turned.detection.score > 0.9


def test_a_large_turned_jpeg_is_cropped_from_enough_pixels(portraits: list[Array], aligner: Aligner) -> None:
    large = cv2.resize(portraits[1], (2400, 2400), interpolation=cv2.INTER_CUBIC)
    upright = face_of(aligner.align(encoded(np.asarray(large, np.uint8), "JPEG")))
    turned = face_of(aligner.align(encoded(np.rot90(np.asarray(large, np.uint8)), "JPEG")))
    assert turned.turned == 90 and np.abs(turned.image.astype(int) - upright.image).mean() < 3


def test_upright_photographs_are_looked_at_once_and_keep_their_crops(
    portraits: list[Array], aligner: Aligner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aligner.detector is not None
    expected = [crop_face(image, detect(aligner.detector, image)[0].landmarks) for image in portraits]
    looks = count_looks(aligner, monkeypatch)
    for image, crop in zip(portraits, expected, strict=True):
        np.testing.assert_array_equal(face_of(aligner.align(encoded(image))).image, crop)
    assert looks == [1] * len(portraits)


@pytest.mark.slow
@pytest.mark.parametrize("angle", [-40, -25, 25, 40])
def test_tilted_heads_stay_as_they_are_found(portraits: list[Array], aligner: Aligner, angle: int) -> None:
    for portrait in portraits:
        height, width = portrait.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
        tilted = np.asarray(cv2.warpAffine(portrait, matrix, (width, height)), np.uint8)
        assert aligner.detector is not None
        first = detect(aligner.detector, tilted)[0]
        found = face_of(aligner.align(encoded(tilted)))
        assert (found.turned == 0) == (abs(tilt(found.detection.landmarks)) < 60)
        if abs(tilt(first.landmarks)) < 60:
            np.testing.assert_array_equal(found.image, crop_face(tilted, first.landmarks))


def test_all_faces_of_a_turned_group_are_found(group_photograph: Array) -> None:
    (found,) = Aligner(AlignOptions(face=FaceChoice.ALL)).align_all([encoded(np.rot90(group_photograph, 3))])
    assert not isinstance(found, Rejection) and len(found) == 6
    assert all(60 < abs(tilt(face.detection.landmarks)) < 120 for face in found)
    assert {face.turned for face in found} == {270}


def beside(lying: Array, upright: Array) -> Array:
    """A photograph of somebody large in the middle, and of somebody else small at its side."""
    scene = np.full((400, 800, 3), 90, np.uint8)
    scene[:, 200:600] = cv2.resize(np.ascontiguousarray(lying), (400, 400), interpolation=cv2.INTER_CUBIC)
    scene[:200, 600:] = cv2.resize(upright, (200, 200), interpolation=cv2.INTER_AREA)
    return scene


@pytest.mark.slow
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_who_lies_beside_somebody_upright_is_turned_alone(
    portraits: list[Array], aligner: Aligner, quarters: int
) -> None:
    everybody = Aligner(AlignOptions(face=FaceChoice.ALL))
    for place, portrait in enumerate(portraits):
        upright = portraits[(place + 1) % len(portraits)]
        expected = face_of(aligner.align(encoded(beside(portrait, upright))))
        scene = encoded(beside(np.rot90(portrait, quarters), upright))
        found = face_of(aligner.align(scene))
        assert np.abs(found.image.astype(int) - expected.image).mean() < 6
        (faces,) = everybody.align_all([scene])
        assert not isinstance(faces, Rejection) and len(faces) >= 2
        np.testing.assert_array_equal(faces[0].image, found.image)
        points = [
            landmarks_in_crop(face.detection.landmarks, face.detection.box, aligner.frame)
            for face in faces[:2]
        ]
        assert all(np.abs(one - aligner.frame.points).max() < 14 for one in points)
        assert faces[1].turned == 0


class Blurred:
    """A detector that sees a face upright, and the same one on its head, where it looks a little clearer."""

    name, sha256, batch_size, wanted_side = "blurred", "", 1, 640
    levels = ScoreLevels(0.99, 0.9)

    def __init__(self) -> None:
        self._scores = iter([0.95, 0.5, 0.97, 0.5])

    def detect_batch(
        self, images: Sequence[Array], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        box = np.array([20, 15, 100, 115], np.float32)
        return [[Detection(box, ARCFACE_POINTS.astype(np.float32), next(self._scores))] for _ in images]


def test_a_face_that_looks_upright_is_not_turned_for_one_that_is_not_sure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("align.crops.aligner.open_detector", lambda source, settings: Blurred())
    found = face_of(Aligner().align(encoded(np.full((120, 120, 3), 90, np.uint8))))
    assert found.turned == 0 and found.detection.score == 0.95


@pytest.fixture(scope="module")
def landscape(portraits: list[Array]) -> Array:
    """8 megapixels with a face of some 40 pixels, which no look at 640 pixels shows."""
    rng = np.random.default_rng(0)
    scene = cv2.resize(
        rng.integers(60, 190, (30, 45, 3), np.uint8), (3456, 2304), interpolation=cv2.INTER_CUBIC
    )
    small = cv2.resize(portraits[0], (72, 72), interpolation=cv2.INTER_AREA)
    scene[1500:1572, 700:772] = small
    return np.asarray(scene, np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_small_face_in_a_large_photograph_is_found(landscape: Array, aligner: Aligner, kind: str) -> None:
    found = face_of(aligner.align(encoded(landscape, kind)))
    left, top, right, bottom = found.detection.box
    assert 700 < left < right < 772 and 1500 < top < bottom < 1572 and right - left < 60
    if kind == "PNG":
        np.testing.assert_array_equal(found.image, crop_face(landscape, found.detection.landmarks))


@pytest.mark.slow
def test_a_small_face_that_does_not_count_is_not_looked_for(
    landscape: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(landscape, "JPEG")
    assert Aligner(AlignOptions(min_face=100)).align(data) == Rejection(NO_FACE)
    aligner = Aligner(AlignOptions(min_face=300))
    looks = count_looks(aligner, monkeypatch)
    assert aligner.align(data) == Rejection(NO_FACE)
    assert sum(looks) == 4, "as it is, and turned; a face of 300 pixels would have been seen"


def test_each_face_is_found_in_one_tile_or_another(portraits: list[Array], aligner: Aligner) -> None:
    small = cv2.resize(portraits[0], (64, 64), interpolation=cv2.INTER_AREA)
    assert aligner.detector is not None
    for left in range(400, 720, 40):  # over the border between two tiles
        image = np.full((300, 1500, 3), 90, np.uint8)
        image[100:164, left : left + 64] = small
        (face,) = search_in_tiles(aligner.detector, image)
        assert left < face.box[0] < face.box[2] < left + 64


class Sideways:
    """A detector that sees one face on its side, however the photograph is turned."""

    name, sha256, batch_size, wanted_side = "sideways", "", 1, 640
    levels = ScoreLevels(0.9, 0.8)

    def detect_batch(
        self, images: Sequence[Array], early_exits: Sequence[EarlyExit]
    ) -> list[list[Detection]]:
        landmarks = np.array([[60, 40], [60, 70], [50, 55], [30, 45], [30, 65]], np.float32)
        return [[Detection(np.array([20, 30, 80, 80], np.float32), landmarks, 0.95)] for _ in images]


def test_a_face_that_is_upright_at_no_turn_is_rejected_as_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("align.crops.aligner.open_detector", lambda source, settings: Sideways())
    data = encoded(np.full((120, 120, 3), 90, np.uint8))
    found = Aligner().align(data)
    assert found == Rejection(TURNED) and found.kind is ReasonKind.TURNED
    assert face_of(Aligner(AlignOptions(on_missing=OnMissing.CENTER)).align(data)).turned == 0


@pytest.mark.slow
@pytest.mark.shared
def test_real_photographs_keep_their_crops_and_turned_ones_get_them(shared: Path, aligner: Aligner) -> None:
    paths = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))
    assert aligner.detector is not None and len(paths) == 100
    for number, path in enumerate(paths):
        image = read_image(path)
        upright = face_of(aligner.align(path))
        np.testing.assert_array_equal(upright.image, crop_face(image, upright.detection.landmarks))
        assert upright.turned == 0
        if number % 5 == 0:
            for quarters in (1, 2, 3):
                turned = face_of(aligner.align(encoded(np.rot90(image, quarters))))
                assert turned.turned == 90 * quarters, path
                assert np.abs(turned.image.astype(int) - upright.image).mean() < 6, path


@pytest.mark.shared
def test_the_turned_photograph_of_the_cases(shared: Path, aligner: Aligner) -> None:
    found = face_of(aligner.align(shared / "cases" / "turned" / "turn90.jpg"))
    assert found.turned == 90 and 60 < abs(tilt(found.detection.landmarks)) < 120
