from hashlib import sha256
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import retinaface
from numpy.typing import NDArray
from retinaface.weights import WEIGHTS

from align.crops.choose_face import FaceChoice
from align.detectors.detection import DetectorSettings, detect, no_early_exit
from align.detectors.embedded import EmbeddedRetinaFace, open_embedded
from align.detectors.embedded_network import FEATURES_8, FEATURES_16, split_network
from align.detectors.onnx_file import RetinaFaceExport
from common.runtime.device import Device

from .looking import Counted, read, scaled
from .networks import MEAN_BGR, export

Array = NDArray[np.uint8]

CHOICES = (FaceChoice.CENTRAL, FaceChoice.LARGEST)
SCALES = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 2.0)


def test_six_faces_in_the_group_photograph(group_photograph: Array) -> None:
    faces = detect(EmbeddedRetinaFace(), group_photograph)
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


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 0.5, 0.37])
def test_it_agrees_with_the_packages_own_decoding(group_photograph: Array, scale: float) -> None:
    image = scaled(group_photograph, scale)
    settings = DetectorSettings(det_size=max(image.shape), min_score=0.9)
    ours, theirs = detect(EmbeddedRetinaFace(settings), image), retinaface.detect_faces(image)
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
    def by_place(det_size: int) -> list[NDArray[np.float32]]:
        faces = detect(EmbeddedRetinaFace(DetectorSettings(det_size=det_size)), group_photograph)
        return [face.landmarks for face in sorted(faces, key=lambda face: face.box[0])]

    full, shrunk = by_place(1280), by_place(640)
    assert len(full) == len(shrunk) == 6
    for exact, found in zip(full, shrunk, strict=True):
        width = np.ptp(exact[:, 0])
        assert np.abs(exact - found).max() < 0.13 * width


@pytest.mark.parametrize("shape", [(16, 16), (17, 31), (640, 1), (1, 700), (2000, 20)])
def test_odd_sizes_without_a_face_give_none(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert detect(EmbeddedRetinaFace(), noise) == []


def test_min_score_is_a_floor(group_photograph: Array) -> None:
    faces = detect(EmbeddedRetinaFace(DetectorSettings(min_score=0.02)), group_photograph)
    scores = [face.score for face in faces]
    assert len(scores) > 6 and min(scores) >= 0.02


@pytest.mark.slow
@pytest.mark.parametrize("scale", [0.25, 0.33, 0.5])
@pytest.mark.parametrize("widen", [False, True])
def test_the_two_parts_compute_what_the_published_network_does(
    group_photograph: Array, scale: float, widen: bool
) -> None:
    image = scaled(group_photograph, scale)[None]
    coarse, fine = (onnxruntime.InferenceSession(part) for part in split_network(WEIGHTS, widen))
    head16, head32, features16, features8 = coarse.run(None, {"image": image})
    (head8,) = fine.run(None, {FEATURES_16: features16, FEATURES_8: features8})
    parts = []
    for width, start in ((2, 0), (4, 4), (10, 12)):
        levels = [
            head[0, start : start + 2 * width].reshape(2 * width, -1).T.reshape(-1, width)
            for head in (head8, head16, head32)
        ]
        parts.append(np.concatenate(levels))
    scores, boxes, landmarks = parts
    odds = np.exp(scores)
    published = onnxruntime.InferenceSession(WEIGHTS)
    planes = (image[..., ::-1].astype(np.float32) - np.array(MEAN_BGR, np.float32)).transpose(0, 3, 1, 2)
    names = ["loc", "conf", "landmarks"]
    loc, conf, points = published.run(names, {"input": np.ascontiguousarray(planes)})
    np.testing.assert_allclose(boxes, loc[0], atol=1e-4)
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), conf[0], atol=1e-4)
    np.testing.assert_allclose(landmarks, points[0], atol=1e-4)


def test_a_batch_of_mixed_sizes_is_as_one_at_a_time(group_photograph: Array, portraits: list[Array]) -> None:
    half = scaled(group_photograph, 0.5)
    images = [half, portraits[0], half[:, ::-1].copy(), scaled(half, 0.4), half // 2, half[::-1].copy(), half]
    detector = EmbeddedRetinaFace()
    detector.batch_size = 4
    detector._coarse = coarse = Counted(detector._coarse)
    together = detector.detect_batch(images, [no_early_exit] * len(images))
    assert coarse.runs == 4  # five of one size, and two more
    assert len(together[0]) == 6 and len(together[1]) == 1
    for image, found in zip(images, together, strict=True):
        alone = detect(detector, image)
        assert len(found) == len(alone)
        for one, other in zip(found, alone, strict=True):
            np.testing.assert_allclose(one.landmarks, other.landmarks, atol=1e-3)
            np.testing.assert_allclose(one.box, other.box, atol=1e-3)
            assert one.score == pytest.approx(other.score, abs=1e-5)


def test_the_whole_network_of_a_gpu_finds_what_the_two_parts_do(
    group_photograph: Array, portraits: list[Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [scaled(group_photograph, 0.5), portraits[0]]
    parts = EmbeddedRetinaFace(DetectorSettings(device=Device.CPU))
    monkeypatch.setattr("align.detectors.embedded.settle_device", lambda device: Device.CUDA)
    whole = EmbeddedRetinaFace(DetectorSettings(device=Device.CPU))
    assert whole._fine is None
    whole._coarse = runs = Counted(whole._coarse)
    for exits in (lambda *_: True, no_early_exit):  # whether the coarse part is enough
        for image in images:
            one, other = (network.detect_batch([image], [exits])[0] for network in (whole, parts))
            assert len(one) == len(other) and one
            for found, expected in zip(one, other, strict=True):
                np.testing.assert_allclose(found.landmarks, expected.landmarks, atol=1e-3)
                np.testing.assert_allclose(found.box, expected.box, atol=1e-3)
    assert runs.runs == 4


def test_another_file_than_the_cut_is_for_runs_whole(
    group_photograph: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = open_embedded()
    assert isinstance(cut, EmbeddedRetinaFace)
    monkeypatch.setattr("retinaface.weights.WEIGHTS", other := export(metadata={}))
    whole = open_embedded()
    assert isinstance(whole, RetinaFaceExport)
    assert whole.name == cut.name and whole.sha256 == sha256(other).hexdigest() != cut.sha256
    for image in (group_photograph, group_photograph[::3, ::3]):
        found, expected = detect(whole, image), detect(cut, image)
        assert len(found) == len(expected) > 0
        for one, same in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.landmarks, same.landmarks, rtol=0, atol=1e-2)
            np.testing.assert_allclose(one.box, same.box, rtol=0, atol=1e-2)
            assert one.score == pytest.approx(same.score, abs=1e-4)


def test_no_images_no_faces() -> None:
    assert EmbeddedRetinaFace().detect_batch([], []) == []


@pytest.mark.shared
def test_every_real_photograph_has_its_face(shared: Path) -> None:
    detector = EmbeddedRetinaFace()
    paths = sorted((shared / "faces" / "lfw10").rglob("*.jpg"))[::5]
    for path in paths:
        image = read(path)
        ours, theirs = detect(detector, image), retinaface.detect_faces(image)
        assert ours[0].score == pytest.approx(theirs[0].score, abs=1e-5), path.name
