from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from align.crops.aligner import AlignedFace, Aligner
from align.crops.crop import crop_face
from align.crops.options import AlignOptions
from align.detectors.detection import Detection
from common.formats.crop_frame import ARCFACE_POINTS, crop_frame
from infer.quality import QualityWarning, fine_detail, quality_warnings, turn

Image8 = NDArray[np.uint8]
FRONTAL = ARCFACE_POINTS.astype(np.float32)


def face_of(crop: Image8, **changes: object) -> AlignedFace:
    detection = Detection(np.array([0, 0, 100, 120], np.float32), FRONTAL, 0.999)
    return AlignedFace(crop, replace(detection, **changes))  # type: ignore[arg-type]


def motion_blurred(image: Image8, length: int) -> Image8:
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    return cv2.filter2D(image, -1, kernel)  # type: ignore[return-value]


DEGRADATIONS: dict[QualityWarning, Callable[[Image8], Image8]] = {
    QualityWarning.BLURRED: lambda image: cv2.GaussianBlur(image, (0, 0), 3),  # type: ignore[dict-item, return-value]
    QualityWarning.DARK: lambda image: (image * 0.15).astype(np.uint8),
    QualityWarning.OVEREXPOSED: lambda image: np.clip(image * 4.0, 0, 255).astype(np.uint8),
}


def test_good_faces_raise_no_doubt(crops: list[Image8]) -> None:
    assert [quality_warnings(face_of(crop)) for crop in crops] == [()] * len(crops)


@pytest.mark.parametrize("warning", DEGRADATIONS)
def test_a_degraded_face_is_told_as_what_it_is(crops: list[Image8], warning: QualityWarning) -> None:
    for crop in crops:
        assert warning in quality_warnings(face_of(DEGRADATIONS[warning](crop)))


def test_motion_blurs_as_well(crops: list[Image8]) -> None:
    for crop in crops:
        for image in (motion_blurred(crop, 15), motion_blurred(crop.swapaxes(0, 1), 15).swapaxes(0, 1)):
            assert quality_warnings(face_of(np.ascontiguousarray(image))) == (QualityWarning.BLURRED,)


def test_dark_skin_is_not_darkness(crops: list[Image8]) -> None:
    for crop in crops:
        assert QualityWarning.DARK not in quality_warnings(face_of((crop * 0.5).astype(np.uint8)))


def test_detection_is_judged(crops: list[Image8]) -> None:
    profile = FRONTAL.copy()
    profile[2, 0] += 25
    small = np.array([5, 5, 29, 60], np.float32)
    assert quality_warnings(face_of(crops[0], box=small)) == (QualityWarning.SMALL_FACE,)
    assert quality_warnings(face_of(crops[0], score=0.7)) == (QualityWarning.LOW_DETECTION_SCORE,)
    assert quality_warnings(face_of(crops[0], landmarks=profile)) == (QualityWarning.SIDE_VIEW,)
    # in the order of the enumeration, whatever their number
    every = quality_warnings(face_of(crops[0] * 0, box=small, score=0.7, landmarks=profile))
    assert every == tuple(warning for warning in QualityWarning if warning in every)
    assert len(every) == len(QualityWarning) - 1  # dark, hence not overexposed


def test_crops_without_landmarks_are_judged_by_their_pixels(crops: list[Image8]) -> None:
    nowhere = {"landmarks": np.full((5, 2), np.nan, np.float32), "score": float("nan")}
    assert quality_warnings(face_of(crops[0], **nowhere)) == ()
    assert quality_warnings(face_of(crops[0] // 8, **nowhere)) == (QualityWarning.DARK,)


@pytest.mark.parametrize("size", [96, 128, 224])
def test_verdicts_hold_at_other_sizes_of_crops(portraits: list[Image8], size: int) -> None:
    from align.detectors.detection import detect
    from align.detectors.embedded import EmbeddedRetinaFace

    detector = EmbeddedRetinaFace()
    for portrait in portraits[:3]:
        found = detect(detector, portrait)[0]
        crop = crop_face(portrait, found.landmarks, crop_frame(size))
        assert quality_warnings(AlignedFace(crop, found)) == ()
        blurred = crop_face(
            np.asarray(cv2.GaussianBlur(portrait, (0, 0), 4), np.uint8), found.landmarks, crop_frame(size)
        )
        assert quality_warnings(AlignedFace(blurred, found)) == (QualityWarning.BLURRED,)


def test_one_colour_has_no_detail() -> None:
    assert fine_detail(np.full((112, 112), 90, np.float32)) == 0


@given(st.floats(-3, 3), st.floats(0.05, 20), st.floats(-30, 30))
def test_turn_depends_on_neither_roll_nor_size_nor_side(roll: float, size: float, nose: float) -> None:
    points = FRONTAL.astype(np.float64)
    points[2, 0] += nose
    rotation = size * np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    mirrored = ((points * [-1, 1]) + [112, 0])[[1, 0, 2, 4, 3]]
    expected = turn(points.astype(np.float32))
    assert turn((points @ rotation.T + 40).astype(np.float32)) == pytest.approx(expected, abs=1e-3)
    assert turn(mirrored.astype(np.float32)) == pytest.approx(expected, abs=1e-3)


def test_eyes_in_one_place_are_no_front_view() -> None:
    assert turn(np.ones((5, 2), np.float32)) == float("inf")


def test_every_warning_has_a_sentence() -> None:
    assert len({warning.text for warning in QualityWarning}) == len(QualityWarning)


@pytest.mark.shared
def test_limits_hold_on_real_photographs(shared: Path) -> None:
    aligner = Aligner(AlignOptions())
    untouched, blurred = 0, 0
    files = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))
    for file in files:
        face = aligner.align(file)
        assert isinstance(face, AlignedFace)
        untouched += bool(quality_warnings(face))
        image = cv2.GaussianBlur(np.asarray(Image.open(file).convert("RGB")), (0, 0), 2.5)
        crop = crop_face(np.asarray(image, np.uint8), face.detection.landmarks)
        blurred += QualityWarning.BLURRED in quality_warnings(replace(face, image=crop))
    assert untouched <= 0.02 * len(files)
    assert blurred >= 0.95 * len(files)
