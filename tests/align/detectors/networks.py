"""Detection networks of other kinds, made from the embedded one by graph surgery."""

from collections.abc import Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from retinaface.weights import WEIGHTS

from align.detectors.retinaface import STRIDES, anchors

MEAN_BGR = (104.0, 117.0, 127.0)  # of the embedded network
METADATA = {"colour": "BGR", "mean": "104,117,127"}
FIRST_KERNEL = "onnx::Conv_587"
LOGITS = "/class_head/Concat_3_output_0"
OUTPUTS = ("loc", "conf", "landmarks")
FIXED = 640

Shape = Sequence[int | str]
DYNAMIC: Shape = ("n", 3, "h", "w")


def export(
    *,
    before: Sequence[onnx.NodeProto] = (),
    after: Sequence[onnx.NodeProto] = (),
    constants: dict[str, NDArray[np.generic]] | None = None,
    outputs: Sequence[str] = OUTPUTS,
    shape: Shape = DYNAMIC,
    input_name: str = "input",
    metadata: dict[str, str] | None = None,
) -> bytes:
    """The published network with nodes put before its tensor `input` and after its outputs."""
    published = onnx.load_from_string(WEIGHTS)
    kept = [tensor for tensor in published.graph.initializer if tensor.name not in (constants or {})]
    added = [onnx.numpy_helper.from_array(value, name) for name, value in (constants or {}).items()]
    graph = onnx.helper.make_graph(
        [*before, *published.graph.node, *after],
        "network",
        [onnx.helper.make_tensor_value_info(input_name, onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs],
        [*kept, *added],
    )
    model = onnx.helper.make_model(graph, opset_imports=published.opset_import)
    model.ir_version = published.ir_version
    onnx.helper.set_model_props(model, METADATA if metadata is None else metadata)
    return model.SerializeToString()


def renamed() -> bytes:
    """The same network with other names for its outputs, in another order."""
    names = {"conf": "c", "landmarks": "a", "loc": "b"}
    nodes = [onnx.helper.make_node("Identity", [old], [new]) for old, new in names.items()]
    return export(after=nodes, outputs=list(names.values()))


def for_rgb() -> bytes:
    """One that takes RGB, and says so."""
    parameters = {tensor.name: tensor for tensor in onnx.load_from_string(WEIGHTS).graph.initializer}
    kernel = onnx.numpy_helper.to_array(parameters[FIRST_KERNEL])[:, ::-1]
    return export(
        constants={FIRST_KERNEL: np.ascontiguousarray(kernel)},
        metadata={"colour": "rgb", "mean": "127, 117, 104"},
    )


def for_unit_range() -> bytes:
    """One that takes pixels divided by 255."""
    return export(
        before=[onnx.helper.make_node("Mul", ["small", "full"], ["input"])],
        constants={"full": np.array(255, np.float32)},
        input_name="small",
        metadata=METADATA | {"scale": str(1 / 255)},
    )


def scrfd_style(landmarks: bool = True, broken: bool = False, shape: Shape = (1, 3, FIXED, FIXED)) -> bytes:
    """One as insightface has them, for 640x640 pixels, whatever shape it says.

    Input is RGB, (x - 127.5) / 128. Per stride, outputs are scores (A, 1), boxes (A, 4) as distances from the
    corner of the cell to left, top, right and bottom, and landmarks (A, 10) as distances, all in strides.
    """
    node = onnx.helper.make_node
    before = [
        node("Mul", ["pixels", "spread"], ["wide"]),
        node("Gather", ["wide", "reversed"], ["bgr"], axis=1),
        node("Add", ["bgr", "shift"], ["input"]),
    ]
    prior = anchors(FIXED, FIXED)
    counts = [2 * (FIXED // stride) ** 2 for stride in STRIDES]
    stride = np.repeat(STRIDES, counts).astype(np.float32)[:, None]
    point = prior[:, :2] - stride / 2  # insightface's anchors are the corners of the cells
    constants: dict[str, NDArray[np.generic]] = {
        "spread": np.array(128, np.float32),
        "reversed": np.array([2, 1, 0]),
        "shift": (127.5 - np.array(MEAN_BGR, np.float32)).reshape(1, 3, 1, 1),
        "middle": (prior[:, :2] - point) / stride,
        "middles": np.tile((prior[:, :2] - point) / stride, 5),
        "tenth": prior[:, 2:] * np.float32(0.1) / stride,
        "tenths": np.tile(prior[:, 2:] * np.float32(0.1) / stride, 5),
        "half": prior[:, 2:] / 2 / stride,
        "fifth": np.array(0.2, np.float32),
    }
    after = [
        node("Squeeze", ["loc"], ["offsets"], axes=[0]),
        node("Split", ["offsets"], ["place", "growth"], axis=1, split=[2, 2]),
        node("Mul", ["place", "tenth"], ["moved"]),
        node("Add", ["moved", "middle"], ["centre"]),
        node("Mul", ["growth", "fifth"], ["logarithm"]),
        node("Exp", ["logarithm"], ["factor"]),
        node("Mul", ["factor", "half"], ["halves"]),
        node("Sub", ["halves", "centre"], ["near"]),
        node("Add", ["halves", "centre"], ["far"]),
        node("Concat", ["near", "far"], ["distances"], axis=1),
        node("Squeeze", ["landmarks"], ["points"], axes=[0]),
        node("Mul", ["points", "tenths"], ["shifted"]),
        node("Add", ["shifted", "middles"], ["keypoints"]),
        node("Squeeze", ["conf"], ["both"], axes=[0]),
        node("Split", ["both"], ["background", "face"], axis=1, split=[1, 1]),
    ]
    parts = {"face": "score", "distances": "bbox", "keypoints": "kps"}
    if not landmarks:
        del parts["keypoints"]
    outputs = []
    for tensor, kind in parts.items():
        names = [f"{kind}_{stride}" for stride in STRIDES]
        after.append(node("Split", [tensor], names, axis=0, split=counts))
        outputs += names
    return export(
        before=before,
        after=after,
        constants=constants,
        outputs=outputs[:-2] if broken else outputs,
        shape=shape,
        input_name="pixels",
        metadata={},
    )
