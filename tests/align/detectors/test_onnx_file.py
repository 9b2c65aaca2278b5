import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from retinaface.weights import WEIGHTS

from align.detectors.detection import Detection, DetectorSettings, detect, no_early_exit
from align.detectors.embedded import EmbeddedRetinaFace
from align.detectors.embedded_network import MEAN_RGB
from align.detectors.onnx_file import RetinaFaceExport
from align.detectors.registry import detector_fingerprint, open_detector
from align.detectors.resizing import enlarge, fit, pad
from common.runtime.device import Device
from common.runtime.errors import UserError

from .networks import FIXED, LOGITS, METADATA, export, for_rgb, for_unit_range, renamed, scrfd_style

Array = NDArray[np.uint8]
Store = Callable[[bytes], Path]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    def write(content: bytes) -> Path:
        path = tmp_path / "net.onnx"
        path.write_bytes(content)
        return path

    return write


def open_file(path: Path, settings: DetectorSettings = DetectorSettings()) -> RetinaFaceExport:
    detector = open_detector(f"onnx:{path}", settings)
    assert isinstance(detector, RetinaFaceExport)
    return detector


def assert_same_faces(found: list[Detection], expected: list[Detection], atol: float) -> None:
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.landmarks, other.landmarks, rtol=0, atol=atol)
        np.testing.assert_allclose(one.box, other.box, rtol=0, atol=atol)
        assert one.score == pytest.approx(other.score, abs=max(atol / 100, 1e-5))


@pytest.mark.slow
@pytest.mark.parametrize("network", [renamed, for_rgb, for_unit_range])
@pytest.mark.parametrize("width", [333, 640, 1280])
def test_it_finds_the_faces_of_the_embedded_detector(
    store: Store, group_photograph: Array, network: Callable[[], bytes], width: int
) -> None:
    image = fit(group_photograph, width, None, None)
    found = detect(open_file(store(network())), image)
    assert_same_faces(found, detect(EmbeddedRetinaFace(), image), 1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(FIXED, FIXED), (448, 704), (FIXED, "w"), ("h", FIXED)])
@pytest.mark.parametrize("width", [300, 1280])
def test_images_are_fitted_to_a_fixed_input(
    store: Store, group_photograph: Array, size: tuple[int | str, int | str], width: int
) -> None:
    image = fit(group_photograph, width, None, None)
    detector = open_file(store(export(shape=(1, 3, *size))))
    small = fit(image, FIXED, None, None)
    # to the embedded detector, the mean is what padding is to a fixed input
    rows, columns = (
        given if isinstance(given, int) else own for given, own in zip(size, small.shape[:2], strict=True)
    )
    padded = np.full((rows, columns, 3), MEAN_RGB, np.uint8)
    padded[: small.shape[0], : small.shape[1]] = small
    expected = detect(EmbeddedRetinaFace(DetectorSettings(det_size=max(padded.shape))), padded)
    expected = [enlarge(face, small.shape[:2], image.shape[:2]) for face in expected]
    assert_same_faces(detect(detector, image), expected, 1e-2)


def test_padding_makes_little_difference(store: Store, group_photograph: Array) -> None:
    image = fit(group_photograph, FIXED, None, None)
    found = detect(open_file(store(export(shape=(1, 3, FIXED, FIXED)))), image)
    assert_same_faces(found, detect(EmbeddedRetinaFace(), image), 1)


def test_an_upright_image_in_a_lying_input(store: Store, group_photograph: Array) -> None:
    detector = open_file(store(export(shape=(1, 3, 448, 704))))
    upright = np.ascontiguousarray(np.pad(group_photograph, ((0, 600), (0, 0), (0, 0)))[:, 300:900])
    expected = detect(EmbeddedRetinaFace(DetectorSettings(det_size=448)), upright)
    found = detect(detector, upright)
    by_place = [sorted(faces, key=lambda face: face.box[0]) for faces in (found, expected)]
    assert len(found) == len(expected) >= 2
    for one, other in zip(*by_place, strict=True):
        np.testing.assert_allclose(one.landmarks, other.landmarks, atol=4)


def test_without_metadata_it_is_pytorch_retinafaces_convention(store: Store, group_photograph: Array) -> None:
    told = {"colour": "BGR", "mean": "104,117,123", "scale": "1"}
    implied, explicit, other = (
        detect(open_file(store(export(metadata=metadata))), group_photograph)
        for metadata in ({}, told, METADATA)
    )
    assert len(implied) == 6
    for one, same, different in zip(implied, explicit, other, strict=True):
        np.testing.assert_array_equal(one.landmarks, same.landmarks)
        assert one.score == same.score and not np.array_equal(one.landmarks, different.landmarks)


def test_name_hash_and_sizes(store: Store) -> None:
    path = store(renamed())
    detector = open_file(path, DetectorSettings(det_size=320, device=Device.CPU))
    assert detector.name == "onnx:net.onnx"
    assert detector.sha256 == detector_fingerprint(f"onnx:{path}")
    assert (detector.batch_size, detector.wanted_side) == (1, 320)


def test_min_score_and_no_face(store: Store, group_photograph: Array) -> None:
    path = store(renamed())
    scores = [
        face.score for face in detect(open_file(path, DetectorSettings(min_score=0.02)), group_photograph)
    ]
    assert len(scores) > 6 and min(scores) >= 0.02 and scores == sorted(scores, reverse=True)
    noise = np.random.default_rng(0).integers(0, 256, (17, 31, 3), dtype=np.uint8)
    assert detect(open_file(path), noise) == []


def test_a_batch_is_as_one_at_a_time(store: Store, group_photograph: Array) -> None:
    detector = open_file(store(renamed()))
    half = fit(group_photograph, 640, None, None)
    images = [half, half[:200].copy(), half[:, ::-1].copy(), half // 2]
    detector.batch_size = 4
    together = detector.detect_batch(images, [no_early_exit] * 4)
    for image, found in zip(images, together, strict=True):
        assert_same_faces(found, detect(detector, image), 1e-3)


def squeezed() -> bytes:
    node = onnx.helper.make_node("Squeeze", ["loc"], ["flat"], axes=[0])
    return export(after=[node], outputs=["flat", "conf", "landmarks"])


def cut_short() -> bytes:
    names = {"loc": "a", "conf": "b", "landmarks": "c"}
    nodes = [
        onnx.helper.make_node("Slice", [old, "first", "last", "axis"], [new]) for old, new in names.items()
    ]
    constants = {"first": np.array([0]), "last": np.array([-2]), "axis": np.array([1])}
    return export(after=nodes, outputs=list(names.values()), constants=constants)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no network", r"is a text"),
        (b"", r"is empty"),
        (WEIGHTS[: len(WEIGHTS) // 2], r"that is damaged"),
        (export(outputs=["loc", "conf"]), r"three outputs"),
        (export(outputs=["loc", "conf", LOGITS]), r"three outputs"),
        (scrfd_style(), r"three outputs"),
        (squeezed(), r"\(N, anchors, k\)"),
        (cut_short(), r"RetinaFace has \d+ anchors"),
        (export(outputs=["loc", LOGITS, "landmarks"]), r"outside \[0, 1\].*softmax"),
        (export(shape=(4, 3, "h", "w")), r"takes 4 images at once"),
        (export(shape=("n", 1, "h", "w")), r"has the input"),
        (export(metadata={"colour": "grey"}), r"colour is BGR or RGB, not 'grey'"),
        (export(metadata={"mean": "104,117"}), r"mean is 3 number"),
        (export(metadata={"mean": "a,b,c"}), r"mean is 3 number"),
        (export(metadata={"scale": "nan"}), r"scale is 1 number"),
    ],
)
def test_what_is_no_such_network_is_told_in_one_line(store: Store, content: bytes, told: str) -> None:
    path = store(content)
    with pytest.raises(UserError, match=told) as refused:
        open_file(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_what_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "link.onnx").symlink_to("gone.onnx")
    os.mkfifo(tmp_path / "pipe.onnx")
    for name, told in [
        ("absent.onnx", "no such file"),
        ("link.onnx", "is a link to gone.onnx, which is not there"),
        ("pipe.onnx", "is a pipe"),
        ("", "is a folder"),
    ]:
        with pytest.raises(UserError, match=told):
            detector_fingerprint(f"onnx:{tmp_path / name}")


@pytest.mark.parametrize("size", [(1, 1), (5, 900), (900, 5), (640, 640), (333, 777), (6401, 12)])
def test_what_is_fitted_fits(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 7, np.uint8)
    for height, width in ((640, 640), (320, 640), (641, 320), (None, 100), (100, None)):
        small = fit(image, 500, height, width)
        assert max(small.shape) <= 500
        assert small.shape[0] <= (height or 500) and small.shape[1] <= (width or 500)
        whole = pad(small, height, width)
        assert whole.shape == (height or small.shape[0], width or small.shape[1], 3)
        assert whole.sum() == small.sum()
