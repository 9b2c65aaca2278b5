"""Face recognisers that somebody else might have exported."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

SIDE, HALF, LENGTH = 112, 56, 16
QUARTER = [HALF, HALF]
WEIGHTS = np.random.default_rng(7).standard_normal((12, LENGTH)).astype(np.float32)


def recogniser(
    shape: Sequence[int | str] = ("N", 3, SIDE, SIDE),
    before: Sequence[NodeProto] = (),
    after: Sequence[NodeProto] = (),
    output: Sequence[int | str] = ("N", LENGTH),
    kind: int = TensorProto.FLOAT,
) -> ModelProto:
    """Means of the four quarters of the image, times `WEIGHTS`.

    `before` goes from `image` to `ready`, `after` from `product` to `embedding`.
    """
    nodes = [
        *(before or [helper.make_node("Identity", ["image"], ["ready"])]),
        helper.make_node(
            "AveragePool", ["ready"], ["pooled"], kernel_shape=[HALF, HALF], strides=[HALF, HALF]
        ),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["product"]),
        *(after or [helper.make_node("Identity", ["product"], ["embedding"])]),
    ]
    graph = helper.make_graph(
        nodes,
        "somebody's",
        [helper.make_tensor_value_info("image", kind, list(shape))],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, list(output))],
        [
            numpy_helper.from_array(WEIGHTS, "weights"),
            numpy_helper.from_array(np.array([1, LENGTH]), "one_row"),
            numpy_helper.from_array(np.float32(128), "middle"),
            numpy_helper.from_array(np.float32(1 / 128), "factor"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def mean_of(shape: Sequence[int | str]) -> ModelProto:
    """A network with an input of this shape, whatever it means."""
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["image"], ["mean"], keepdims=0),
            helper.make_node("Reshape", ["mean", "one"], ["embedding"]),
        ],
        "mean",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, list(shape))],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(np.array([1, 1]), "one")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def scaling_itself() -> list[NodeProto]:
    """Nodes of the names that insightface looks for."""
    return [
        helper.make_node("Sub", ["image", "middle"], ["less"], name="Sub_0"),
        helper.make_node("Mul", ["less", "factor"], ["ready"], name="Mul_1"),
    ]


def save(path: Path, model: ModelProto) -> Path:
    """Write a network."""
    onnx.save_model(model, path)
    return path


def expected(
    crops: NDArray[np.uint8], mean: float = 127.5, scale: float = 127.5, bgr: bool = False
) -> NDArray[np.float32]:
    """What `recogniser` is to give for (N, 112, 112, 3) RGB crops, averaged over the mirror image."""

    def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def once(images: NDArray[np.uint8]) -> NDArray[np.float32]:
        values = (images.astype(np.float32) - mean) / scale
        values = values[..., ::-1] if bgr else values
        quarters = values.reshape(len(images), 2, HALF, 2, HALF, 3).mean((2, 4))
        return unit(quarters.transpose(0, 3, 1, 2).reshape(len(images), 12) @ WEIGHTS)

    return unit(once(crops) + once(crops[:, :, ::-1]))
