from pathlib import Path

import cv2
import numpy as np
import pytest
import retinaface
from numpy.typing import NDArray

from align.detector import RetinaFace, anchors

Array = NDArray[np.uint8]


def test_six_faces_in_the_group_photograph(group_photograph: Array) -> None:
    faces = RetinaFace().detect(group_photograph)
    assert len(faces) == 6
    assert [face.score for face in faces] == sorted((face.score for face in faces), reverse=True)
    for face in faces:
        assert 0.9 < face.score <= 1
        x0, y0, x1, y1 = face.box
        assert 0 <= x0 < x1 <= 1280 and 0 <= y0 < y1 <= 886
        assert ((face.landmarks >= face.box[:2]) & (face.landmarks <= face.box[2:])).all()
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        assert left_eye[0] < right_eye[0] and left_mouth[0] < right_mouth[0]
        assert max(left_eye[1], right_eye[1]) < nose[1] < max(left_mouth[1], right_mouth[1])


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.37])
def test_it_agrees_with_the_packages_own_decoding(group_photograph: Array, scale: float) -> None:
    image = cv2.resize(group_photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    ours = RetinaFace(min_score=0.9, max_side=max(image.shape)).detect(image)
    theirs = retinaface.detect_faces(image)
    assert len(ours) == len(theirs) == 6
    for found, expected in zip(ours, theirs, strict=True):
        assert found.score == pytest.approx(expected.score, abs=1e-5)
        x0, y0, x1, y1 = found.box
        # theirs are cut to whole pixels
        np.testing.assert_allclose(
            [x0, y0, x1 - x0, y1 - y0], [expected.x, expected.y, expected.width, expected.height], atol=1.01
        )
        np.testing.assert_allclose(found.landmarks, [[p.x, p.y] for p in expected.landmarks], atol=1.01)


def test_landmarks_come_back_in_the_images_own_pixels(group_photograph: Array) -> None:
    def by_place(detector: RetinaFace) -> list[NDArray[np.float32]]:
        return [face.landmarks for face in sorted(detector.detect(group_photograph), key=lambda f: f.box[0])]

    full, shrunk = by_place(RetinaFace(max_side=1280)), by_place(RetinaFace(max_side=640))
    assert len(full) == len(shrunk) == 6
    for exact, found in zip(full, shrunk, strict=True):
        width = np.ptp(exact[:, 0])
        assert np.abs(exact - found).max() < 0.12 * width


@pytest.mark.parametrize("shape", [(16, 16), (17, 31), (640, 1), (1, 700), (2000, 20)])
def test_odd_sizes_without_a_face_give_none(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert RetinaFace().detect(noise) == []


def test_min_score_is_a_floor(group_photograph: Array) -> None:
    scores = [face.score for face in RetinaFace(min_score=0.02).detect(group_photograph)]
    assert len(scores) > 6 and min(scores) >= 0.02


def test_anchors_by_hand() -> None:
    found = anchors(16, 8)
    assert found.shape == ((2 * 1 + 1 + 1) * 2, 4)
    np.testing.assert_array_equal(
        found[:4], [[4, 4, 16, 16], [4, 4, 32, 32], [4, 12, 16, 16], [4, 12, 32, 32]]
    )
    np.testing.assert_array_equal(found[-1], [16, 16, 512, 512])


@pytest.mark.shared
def test_every_real_photograph_has_its_face(shared: Path) -> None:
    from align.images import read_image

    detector = RetinaFace()
    paths = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))[::5]
    for path in paths:
        image = read_image(path)
        ours, theirs = detector.detect(image), retinaface.detect_faces(image)
        assert ours[0].score == pytest.approx(theirs[0].score, abs=1e-5), path.name
