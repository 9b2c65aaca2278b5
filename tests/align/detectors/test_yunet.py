"""YuNet from a file: a network with its outputs, made here, that sees the same face in every image."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from align.crops.aligner import AlignedFace, Aligner
from align.crops.options import AlignOptions
from align.detectors.detection import DetectorSettings, detect
from align.detectors.registry import detector_fingerprint, open_detector
from common.runtime.errors import UserError

SIDE = 64  # pixels of the only image that the outputs fit
STRIDE, ROW, COLUMN = 16, 1, 2  # the cell that sees the face
LANDMARKS = np.array(
    [[26, 18], [38, 19], [31, 25], [27, 32], [37, 31]], np.float32
)  # left eye of the image first
BOX = np.array([20, 8, 44, 40], np.float32)


def network(
    score: float = 0.9, face: NDArray[np.float32] = LANDMARKS, names: str = "cls obj bbox kps"
) -> bytes:
    """Constants, each added to nothing of the image."""
    nodes, constants, outputs = [], [], []
    cls, obj, bbox, kps = names.split()
    for stride in (8, 16, 32):
        cells = (SIDE // stride) ** 2
        for kind, count in ((cls, 1), (obj, 1), (bbox, 4), (kps, 10)):
            values = np.zeros((1, cells, count), np.float32)
            if stride == STRIDE:
                cell = ROW * (SIDE // stride) + COLUMN
                place = np.array([COLUMN, ROW], np.float32)
                middle, size = (BOX[:2] + BOX[2:]) / 2, BOX[2:] - BOX[:2]
                values[0, cell] = {
                    1: score,
                    4: np.concatenate([middle / stride - place, np.log(size / stride)]),
                    10: (face / stride - place).flatten(),
                }[count]
            name = f"{kind}_{stride}"
            constants.append(onnx.numpy_helper.from_array(values, f"{name}_values"))
            nodes.append(onnx.helper.make_node("Add", [f"{name}_values", "nothing"], [name]))
            outputs.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, values.shape))
    nodes.insert(0, onnx.helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2, 3], keepdims=0))
    nodes.insert(1, onnx.helper.make_node("Mul", ["mean", "zero"], ["nothing"]))
    constants.append(onnx.numpy_helper.from_array(np.zeros(1, np.float32), "zero"))
    image = onnx.helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    graph = onnx.helper.make_graph(nodes, "yunet", [image], outputs, constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "yunet.onnx"
    path.write_bytes(network())
    return path


def test_the_face_of_the_network_in_our_order_of_landmarks(file: Path) -> None:
    detector = open_detector(f"yunet:{file}", DetectorSettings())
    assert detector is not None and detector.sha256 == detector_fingerprint(f"yunet:{file}")
    image = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE - 4, 3), dtype=np.uint8)
    (face,) = detect(detector, image)
    np.testing.assert_allclose(face.landmarks, LANDMARKS, atol=1e-4)
    np.testing.assert_allclose(face.box, BOX, atol=1e-4)
    assert face.score == pytest.approx(0.9)
    assert isinstance(Aligner(AlignOptions(f"yunet:{file}")).align(image), AlignedFace)
    assert detect(open_detector(f"yunet:{file}", DetectorSettings(min_score=0.95)), image) == []  # type: ignore[arg-type]


def test_outputs_of_other_sizes_are_refused_before_opencv_reads_them(file: Path, tmp_path: Path) -> None:
    detector = open_detector(f"yunet:{file}", DetectorSettings())
    with pytest.raises(UserError, match=r"cls_8 has 64 numbers for an image of 96x64 pixels, and not 96"):
        detect(detector, np.zeros((SIDE, SIDE + 1, 3), np.uint8))  # type: ignore[arg-type]


def external() -> bytes:
    model = onnx.load_from_string(network())
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")
    tensor.ClearField("raw_data")
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"no network", "is a text"),
        (network()[:900], "damaged|no whole ONNX"),
        (network(names="loc conf iou kps"), "no YuNet of 2023, whose outputs are cls_8 …, not conf_16"),
        (external(), "keeps its weights in other files"),
        (network() + bytes(17_000_000), "larger than|damaged|of no kind|no whole"),
    ],
)
def test_what_is_no_yunet_is_told(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "other.onnx"
    path.write_bytes(content)
    with pytest.raises(UserError, match=told) as refused:
        open_detector(f"yunet:{path}", DetectorSettings())
    assert str(path) in str(refused.value) and "opencv_zoo" in str(refused.value)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    for name, told in (("absent.onnx", "no such file"), ("", "is no file")):
        with pytest.raises(UserError, match=told):
            detector_fingerprint(f"yunet:{tmp_path / name}")
