import json
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from align.detectors.detection import DetectorSettings, detect
from align.detectors.embedded import EmbeddedRetinaFace
from align.detectors.insightface_pack import InsightFaceDetector, find_detection_model
from align.detectors.registry import detector_fingerprint, open_detector
from align.detectors.resizing import fit
from common.formats.shards import open_shard, shard_paths
from common.runtime.errors import UserError

from .insightface_home import OFFLINE, put
from .networks import export, scrfd_style

Array = NDArray[np.uint8]
Finished = subprocess.CompletedProcess[str]
Run = Callable[..., list[Finished]]
Save = Callable[[Path, Array], Path]


@pytest.fixture(scope="module")
def network() -> bytes:
    return scrfd_style()


def classifier() -> bytes:
    return export(outputs=["conf"], shape=(1, 3, 96, 96))


def test_it_finds_the_faces_of_the_embedded_detector(
    models: Path, network: bytes, group_photograph: Array, capfd: pytest.CaptureFixture[str]
) -> None:
    path = put(models / "testpack" / "det_test.onnx", network)
    assert find_detection_model("testpack") == path.resolve()
    detector = open_detector("insightface:testpack", DetectorSettings())
    assert isinstance(detector, InsightFaceDetector)
    assert detector.name == "insightface:testpack/det_test"
    assert detector.sha256 == detector_fingerprint("insightface:testpack") == sha256(network).hexdigest()
    assert (detector.batch_size, detector.wanted_side) == (1, 640)
    found, expected = detect(detector, group_photograph), detect(EmbeddedRetinaFace(), group_photograph)
    assert len(found) == len(expected) == 6
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.landmarks, other.landmarks, atol=2)
        np.testing.assert_allclose(one.box, other.box, atol=2)
        assert one.score == pytest.approx(other.score, abs=0.02)
        assert one.landmarks.dtype == one.box.dtype == np.float32
    small = np.ascontiguousarray(group_photograph[100:500, 100:420])
    for one, other in zip(detect(detector, small), detect(EmbeddedRetinaFace(), small), strict=True):
        np.testing.assert_allclose(one.landmarks, other.landmarks, atol=2)
    assert capfd.readouterr() == ("", "")


def test_min_score_and_odd_sizes(models: Path, network: bytes, group_photograph: Array) -> None:
    path = put(models / "testpack" / "det_test.onnx", network)
    few, many = (
        detect(InsightFaceDetector(path, DetectorSettings(min_score=score)), group_photograph)
        for score in (0.5, 0.02)
    )
    assert len(few) == 6 < len(many) and min(face.score for face in many) >= 0.02
    detector = InsightFaceDetector(path, DetectorSettings(det_size=100))
    for shape in ((16, 16), (17, 31), (640, 1), (1, 700)):
        assert detect(detector, np.zeros((*shape, 3), np.uint8)) == []


def test_an_input_of_any_size_is_given_det_size(
    models: Path, network: bytes, group_photograph: Array
) -> None:
    fixed = InsightFaceDetector(put(models / "p" / "fixed.onnx", network), DetectorSettings())
    path = put(models / "p" / "dynamic.onnx", scrfd_style(shape=(1, 3, "?", "?")))
    for det_size in (640, 630):  # a multiple of 32, and one below it
        dynamic = InsightFaceDetector(path, DetectorSettings(det_size=det_size))
        image = fit(group_photograph, det_size, None, None)
        for one, other in zip(detect(dynamic, image), detect(fixed, image), strict=True):
            np.testing.assert_array_equal(one.landmarks, other.landmarks)
        assert len(detect(dynamic, group_photograph)) == 6
    with pytest.raises(UserError, match=r"cannot use .*dynamic\.onnx") as told:
        InsightFaceDetector(path, DetectorSettings(det_size=320))
    assert "\n" not in str(told.value)


@pytest.mark.slow
def test_it_serves_the_command_line(
    models: Path, network: bytes, tmp_path: Path, run_commands: Run, group_photograph: Array, save_jpeg: Save
) -> None:
    put(models / "testpack" / "det_test.onnx", network)
    photograph = save_jpeg(tmp_path / "in" / "p" / "0.png", group_photograph)
    words = ["align", "run", "in", "--out", "out", "--detector", "insightface:testpack", "--face", "all"]
    (done,) = run_commands([[*words, "--workers", 1]], tmp_path, HOME=str(models.parents[1]), **OFFLINE)
    assert (done.returncode, done.stderr) == (0, ""), done
    (shard,) = shard_paths(tmp_path / "out")
    with open_shard(shard) as file:
        found = file["landmarks"][:]
        assert file.attrs["detector"] == b"insightface:testpack/det_test"
    expected = [face.landmarks for face in detect(EmbeddedRetinaFace(), group_photograph)]
    assert photograph.is_file() and len(found) == len(expected) == 6
    for points in expected:
        assert np.abs(found - points).max(axis=(1, 2)).min() < 2


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "..", ".", "~", "a\\b", " ", "a\n", ""])
def test_a_name_cannot_leave_the_folder(models: Path, name: str) -> None:
    with pytest.raises(UserError, match="is not the name of a pack"):
        find_detection_model(name)


def test_a_pack_without_a_detector(models: Path) -> None:
    put(models / "testpack" / "genderage.onnx", classifier())
    with pytest.raises(UserError, match=r"holds genderage\.onnx, but no detector"):
        find_detection_model("testpack")
    put(models / "readme" / "README", b"no ONNX here")
    with pytest.raises(UserError, match="holds no ONNX file, but no detector"):
        find_detection_model("readme")


def test_the_detector_is_found_among_other_models(models: Path, network: bytes) -> None:
    put(models / "named" / "a.onnx", b"never opened")
    expected = put(models / "named" / "scrfd_x.onnx", network)
    assert find_detection_model("named") == expected
    put(models / "unnamed" / "a.onnx", classifier())
    expected = put(models / "unnamed" / "faces.onnx", network)
    assert find_detection_model("unnamed") == expected
    expected = put(models / "nested" / "nested" / "det.onnx", network)
    assert find_detection_model("nested") == expected


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "empty"), (b"no network", "a text"), (None, "an ONNX network that is damaged: its network has")],
)
def test_a_file_that_is_no_network_is_called_what_it_is(
    models: Path, network: bytes, content: bytes | None, told: str
) -> None:
    path = put(
        models / "testpack" / "det_test.onnx", network[: len(network) // 2] if content is None else content
    )
    with pytest.raises(UserError, match=rf"det_test\.onnx is {told}.*not a whole ONNX network") as refused:
        detector_fingerprint("insightface:testpack")
    assert "\n" not in str(refused.value)
    with pytest.raises(UserError, match=r"det_test\.onnx"):
        InsightFaceDetector(path, DetectorSettings())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (scrfd_style(landmarks=False), "finds no landmarks"),
        (scrfd_style(broken=True), "is not a detector of insightface's: it has 7 outputs"),
        (classifier(), r"is not a detector of insightface's: it has 1 output"),
        (export(), "is not a detector of insightface's"),
    ],
)
def test_what_is_no_detector_with_landmarks(models: Path, content: bytes, told: str) -> None:
    path = put(models / "testpack" / "det_test.onnx", content)
    with pytest.raises(UserError, match=told) as refused:
        InsightFaceDetector(path, DetectorSettings())
    assert "\n" not in str(refused.value)


def manifest(network: bytes, **detection: object) -> bytes:
    task = {"file": "nets/faces.onnx", "sha256": sha256(network).hexdigest()} | detection
    return json.dumps(
        {
            "manifest_version": 2,
            "model_id": "testpack",
            "license": "MODEL.LICENSE",
            "tasks": {"detection": task},
        }
    ).encode()


def test_a_pack_with_a_manifest(models: Path, network: bytes, group_photograph: Array) -> None:
    expected = put(models / "testpack" / "nets" / "faces.onnx", network)
    put(models / "testpack" / "manifest.json", manifest(network))
    path = find_detection_model("testpack")
    assert path == expected.resolve()
    assert len(detect(InsightFaceDetector(path, DetectorSettings()), group_photograph)) == 6
    put(models / "testpack" / "manifest.json", manifest(network, preprocessing={"mean": 0, "std": 1e6}))
    assert detect(InsightFaceDetector(path, DetectorSettings()), group_photograph) == []
    put(models / "testpack" / "manifest.json", manifest(network, sha256="0" * 64))
    with pytest.raises(UserError, match="SHA-256 mismatch"):
        find_detection_model("testpack")
