"""Faces too small to matter are not looked for, and the face chosen is the same."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from align.crops.choose_face import FaceChoice, choose_faces, is_settled
from align.detectors.detection import Detection, DetectorSettings, EarlyExit, detect, no_early_exit
from align.detectors.embedded import FINE_LIMIT, EmbeddedRetinaFace

from .looking import Counted, read, scaled

Array = NDArray[np.uint8]

CHOICES = (FaceChoice.CENTRAL, FaceChoice.LARGEST)
SCALES = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 2.0)


def values(faces: list[Detection]) -> list[tuple[bytes, bytes, float]]:
    """What makes faces the same to the last bit."""
    return [(face.box.tobytes(), face.landmarks.tobytes(), face.score) for face in faces]


def until(choice: FaceChoice, image: Array) -> EarlyExit:
    """Ends the search when the choice is settled."""
    size = image.shape[:2]
    return lambda faces, unseen: is_settled(faces, unseen, choice, *size)


def assert_same_choice(detector: EmbeddedRetinaFace, image: Array) -> None:
    """The face chosen does not depend on whether small ones were looked for."""
    size = image.shape[:2]
    every = detect(detector, image)
    for choice in CHOICES:
        (some,) = detector.detect_batch([image], [until(choice, image)])
        assert values(choose_faces(some, choice, *size)) == values(choose_faces(every, choice, *size))


@pytest.mark.parametrize("scale", [0.3, 0.5, 1.0])
def test_without_the_fine_part_the_large_faces_are_the_same(group_photograph: Array, scale: float) -> None:
    image = scaled(group_photograph, scale)
    detector = EmbeddedRetinaFace(DetectorSettings(det_size=1280, min_score=0.05))
    (coarse,) = detector.detect_batch([image], [lambda faces, unseen: True])

    def large(faces: list[Detection]) -> list[Detection]:
        return [face for face in faces if np.prod(face.box[2:] - face.box[:2]) >= FINE_LIMIT**2]

    assert values(large(detect(detector, image))) == values(large(coarse))
    assert scale < 0.5 or large(coarse)


@pytest.mark.slow
@pytest.mark.parametrize("det_size", [640, 1280])
def test_early_ends_do_not_change_the_choice_in_the_group_photograph(
    group_photograph: Array, det_size: int
) -> None:
    detector = EmbeddedRetinaFace(DetectorSettings(det_size=det_size))
    for scale in SCALES if det_size == 1280 else (0.8, 1.0, 2.0):
        assert_same_choice(detector, scaled(group_photograph, scale))


def test_early_ends_do_not_change_the_choice_in_portraits(portraits: list[Array]) -> None:
    detector = EmbeddedRetinaFace()
    for image in portraits:
        for scale in (0.2, 0.35, 0.6, 1.0, 1.7):
            assert_same_choice(detector, scaled(image, scale))


def test_a_portrait_needs_no_fine_part_and_a_crowd_does(
    group_photograph: Array, portraits: list[Array]
) -> None:
    detector = EmbeddedRetinaFace()
    detector._fine = fine = Counted(detector._fine)

    def settled(image: Array) -> int:
        before = fine.runs
        detector.detect_batch([image], [until(FaceChoice.CENTRAL, image)])
        return fine.runs - before

    assert settled(portraits[0]) == 0
    assert settled(scaled(group_photograph, 0.2)) == 1


@pytest.mark.slow
@pytest.mark.shared
def test_early_ends_do_not_change_the_choice_in_real_photographs(shared: Path) -> None:
    wild = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))
    studio = sorted((shared / "faces" / "orl37").rglob("*.pgm"))[::5]
    assert wild and studio
    detector = EmbeddedRetinaFace()
    for path in wild + studio:
        assert_same_choice(detector, read(path))


@pytest.mark.shared
def test_the_fine_part_is_left_out_for_most_real_photographs(shared: Path) -> None:
    detector = EmbeddedRetinaFace()
    detector._fine = fine = Counted(detector._fine)
    detector._coarse = coarse = Counted(detector._coarse)
    paths = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))
    for path in paths:
        image = read(path)
        detector.detect_batch([image], [until(FaceChoice.CENTRAL, image)])
    assert coarse.runs == len(paths)
    assert fine.runs < 0.2 * len(paths)


def test_in_a_batch_each_image_has_its_own_end(group_photograph: Array) -> None:
    image = scaled(group_photograph, 0.25)  # its faces are below the limit
    detector = EmbeddedRetinaFace()
    detector.batch_size = 2
    first, second = detector.detect_batch([image, image], [lambda faces, unseen: True, no_early_exit])
    assert len(first) < len(second) == 6
