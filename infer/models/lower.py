"""Conversion of facetrust's own backbones, a dozen kinds of layers, to ONNX in hundredths of a second.

torch's exporter, by which `infer export` converts any network, takes ten seconds. To compute with torch until
it has finished would change the last bits of scores from one run to the next. Its predecessor
(`dynamo=False`) gives the same bits as this in a third of a second, but is deprecated. Networks of timm are
not converted: torch computes them as fast.
"""

import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, TensorProto, helper
from torch import fx, nn

from common.models.encoder import Encoder

CROP = "crop"  # input: (N, size, size, 3) uint8 RGB
FEATURES = "features"  # output: (N, D) float32, not of unit length
OPSET = 17
IR_VERSION = 8


class UnknownLayerError(Exception):
    """The network has a layer that is not converted here."""


def lower(encoder: Encoder) -> bytes:
    """The serialised ONNX model of an encoder: `Encoder.forward` in eval mode, input format included.

    Raises UnknownLayerError for layers that none of our own backbones has.
    """
    model = ModelProto(ir_version=IR_VERSION, opset_import=[helper.make_opsetid("", OPSET)])
    graph = _Graph(model.graph)
    names: dict[fx.Node, str] = {}
    try:
        traced = fx.symbolic_trace(encoder.backbone)
    except Exception as error:  # what cannot be traced fails in ways of its own
        raise UnknownLayerError(f"{encoder.backbone_name} cannot be traced") from error
    modules = dict(traced.named_modules())
    for node in traced.graph.nodes:
        inputs = [names[value] for value in node.args if isinstance(value, fx.Node)]
        if node.op == "placeholder":
            names[node] = _scaled(graph, encoder)
        elif node.op == "output":
            graph.add("Identity", inputs, FEATURES)
        elif node.op == "call_module":
            names[node] = _lower_layer(graph, modules[node.target], inputs)
        else:
            names[node] = _lower_call(graph, node, inputs)
    size = encoder.input_format.size
    crop = helper.make_tensor_value_info(CROP, TensorProto.UINT8, ["n", size, size, 3])
    features = helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["n", encoder.embedding_size])
    model.graph.name = encoder.backbone_name
    model.graph.input.append(crop)
    model.graph.output.append(features)
    return bytes(model.SerializeToString())


class _Graph:
    """Nodes and weights, with consecutive names, added to the graph of a model."""

    def __init__(self, proto: GraphProto) -> None:
        self.proto = proto  # filled in place, since the functions of `onnx.helper` copy all weights

    def add(self, kind: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """The name of the output of a node, which is added."""
        output = output or f"v{len(self.proto.node)}"
        self.proto.node.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def weight(self, values: torch.Tensor | NDArray[Any]) -> str:
        """The name of a constant, which is added."""
        array = values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else values
        name = f"w{len(self.proto.initializer)}"
        kind = helper.np_dtype_to_tensor_dtype(array.dtype)
        self.proto.initializer.add(name=name, data_type=kind, dims=array.shape, raw_data=array.tobytes())
        return name

    def parameters(self, layer: nn.Conv2d | nn.Linear) -> list[str]:
        """The names of a layer's weight and, where it has one, bias."""
        return [self.weight(values) for values in (layer.weight, layer.bias) if values is not None]


def _scaled(graph: _Graph, encoder: Encoder) -> str:
    """The input of the backbone: 8-bit RGB crops, normalised as `InputFormat` says."""
    wanted = encoder.input_format
    planes = graph.add("Transpose", [CROP], perm=[0, 3, 1, 2])
    values = graph.add("Cast", [planes], to=TensorProto.FLOAT)
    mean, scale = (
        np.array(channels, np.float32).reshape(1, 3, 1, 1) for channels in (wanted.mean, wanted.scale)
    )
    scaled = graph.add("Div", [graph.add("Sub", [values, graph.weight(mean)]), graph.weight(scale)])
    if wanted.colour == "BGR":
        scaled = graph.add("Gather", [scaled, graph.weight(np.array([2, 1, 0]))], axis=1)
    return scaled


def _lower_layer(graph: _Graph, layer: nn.Module, inputs: list[str]) -> str:
    lowering = _LAYERS.get(type(layer))
    if lowering is None or len(inputs) != 1:
        raise UnknownLayerError(f"{type(layer).__name__} is not lowered")
    return lowering(graph, layer, inputs[0])


def _convolution(graph: _Graph, layer: nn.Conv2d, name: str) -> str:
    if layer.padding_mode != "zeros" or isinstance(layer.padding, str):
        raise UnknownLayerError(f"convolution with padding {layer.padding} ({layer.padding_mode})")
    return graph.add(
        "Conv",
        [name, *graph.parameters(layer)],
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.stride),
        pads=[*layer.padding, *layer.padding],
        dilations=list(layer.dilation),
        group=layer.groups,
    )


def _batch_norm(graph: _Graph, layer: nn.BatchNorm1d | nn.BatchNorm2d, name: str) -> str:
    if layer.running_mean is None or layer.running_var is None:
        raise UnknownLayerError("batch normalisation without running statistics")
    count = layer.num_features
    scale = layer.weight if layer.weight is not None else torch.ones(count)
    shift = layer.bias if layer.bias is not None else torch.zeros(count)
    parameters = (scale, shift, layer.running_mean, layer.running_var)
    return graph.add("BatchNormalization", [name, *map(graph.weight, parameters)], epsilon=layer.eps)


def _prelu(graph: _Graph, layer: nn.PReLU, name: str) -> str:
    return graph.add("PRelu", [name, graph.weight(layer.weight.detach().view(-1, 1, 1))])


def _relu6(graph: _Graph, layer: nn.ReLU6, name: str) -> str:
    limits = (graph.weight(np.array(value, np.float32)) for value in (0, 6))
    return graph.add("Clip", [name, *limits])


def _linear(graph: _Graph, layer: nn.Linear, name: str) -> str:
    return graph.add("Gemm", [name, *graph.parameters(layer)], transB=1)


_LAYERS: dict[type[nn.Module], Callable[[_Graph, Any, str], str]] = {
    nn.Conv2d: _convolution,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.PReLU: _prelu,
    nn.ReLU: lambda graph, layer, name: graph.add("Relu", [name]),
    nn.ReLU6: _relu6,
    nn.Linear: _linear,
    nn.Flatten: lambda graph, layer, name: graph.add("Flatten", [name], axis=1),
    nn.Dropout: lambda graph, layer, name: name,
    nn.Identity: lambda graph, layer, name: name,
}


def _lower_call(graph: _Graph, node: fx.Node, inputs: list[str]) -> str:
    """The output of a function or a method, whose other arguments must be those of our backbones."""
    others = tuple(value for value in node.args if not isinstance(value, fx.Node))
    match node.target, others, node.kwargs:
        case operator.getitem, ((types.EllipsisType(), slice(start=None, stop=None) as rows, columns),), {}:
            if rows == columns and isinstance(rows.step, int) and rows.step > 0:
                return graph.add("MaxPool", inputs, kernel_shape=[1, 1], strides=[rows.step, rows.step])
        case operator.add, (), {}:
            return graph.add("Add", inputs)
        case operator.mul, (), {}:
            return graph.add("Mul", inputs)
        case "relu", (), {}:
            return graph.add("Relu", inputs)
        case "sigmoid", (), {}:
            return graph.add("Sigmoid", inputs)
        case "flatten", (1,), {}:
            return graph.add("Flatten", inputs, axis=1)
        case "mean", ((2, 3),), {"keepdim": True}:
            return graph.add("GlobalAveragePool", inputs)
    raise UnknownLayerError(f"{node.target} with {others} is not lowered")
