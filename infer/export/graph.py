"""A network as an ONNX graph that takes pixels: an encoder gives embeddings, a classifier logits."""

import copy

import torch
from onnx import ModelProto
from torch import Tensor, nn
from torch.nn import functional

from common.models.classifier import Classifier
from common.models.fused.encoder import AnyEncoder, FusedEncoder
from common.runtime.errors import UserError, first_line
from infer.export.silence import silence
from infer.models.onnx_classifier_metadata import OUTPUT as LOGIT
from infer.models.onnx_metadata import INPUT, OUTPUT

OPSET = 18  # the one that torch's exporter is written for; every newer runtime takes it
LARGEST = 2_000_000_000  # bytes of weights; protobuf holds 2 GiB, and the nodes need some of it
EXAMPLE = 2  # crops; one would be taken for a constant


class PixelsToEmbeddings(nn.Module):
    """What `Encoder.embed` does, with the mirror images in the same batch, so that each layer is there once.

    Args:
        encoder: is put in eval mode.
        mirror: whether to average over crop and mirror image.
    """

    def __init__(self, encoder: AnyEncoder, mirror: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.mirror = mirror
        self.eval()

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, size, size) uint8 RGB to (N, D) float32 of unit length."""
        if isinstance(self.encoder, FusedEncoder):
            return self.encoder.joined(crops, self.mirror)
        if not self.mirror:
            return functional.normalize(self.encoder(crops), dim=1)
        both = functional.normalize(self.encoder(torch.cat([crops, crops.flip(3)])), dim=1)
        return functional.normalize(torch.unflatten(both, 0, (2, -1)).sum(0), dim=1)


class PixelsToLogits(nn.Module):
    """What `Classifier.score` does, with the mirror images in the same batch.

    Args:
        classifier: is put in eval mode.
        mirror: whether to average over crop and mirror image.
    """

    def __init__(self, classifier: Classifier, mirror: bool) -> None:
        super().__init__()
        self.classifier = classifier
        self.mirror = mirror
        self.eval()

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, size, size) uint8 RGB to (N,) float32."""
        if not self.mirror:
            alone: Tensor = self.classifier(crops)
            return alone
        both: Tensor = self.classifier(torch.cat([crops, crops.flip(3)]))
        return torch.unflatten(both, 0, (2, -1)).mean(0)


def graph_of(encoder: AnyEncoder, mirror: bool) -> ModelProto:
    """The graph, fp32, of any number N of crops, without a trace of this machine.

    Raises UserError when the weights are too many for one file, or torch cannot export the backbone.
    """
    _refuse_too_large(encoder, encoder.backbone_name)
    module = PixelsToEmbeddings(copy.deepcopy(encoder).cpu(), mirror)
    return _exported(module, encoder.backbone_name, encoder.input_format.size, OUTPUT)


def graph_of_classifier(classifier: Classifier, mirror: bool) -> ModelProto:
    """The graph of a classifier, as `graph_of`, whose output is the logits."""
    _refuse_too_large(classifier, classifier.network_name)
    module = PixelsToLogits(copy.deepcopy(classifier).cpu(), mirror)
    return _exported(module, classifier.network_name, classifier.input_format.size, LOGIT)


def _refuse_too_large(network: nn.Module, name: str) -> None:
    size = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())
    if size > LARGEST:
        raise UserError(
            f"{name} has {size / 1e9:.1f} GB of weights, but an ONNX file holds 2 GB; export a smaller "
            "network"
        )


def _exported(module: nn.Module, name: str, side: int, output: str) -> ModelProto:
    """The graph of a module that takes (N, 3, side, side) uint8 and gives one output."""
    example = torch.zeros(EXAMPLE, 3, side, side, dtype=torch.uint8)
    try:
        with silence():
            program = torch.onnx.export(
                module,
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[output],
                dynamic_shapes={INPUT: {0: torch.export.Dim("batch")}},
                verbose=False,
            )
        if program is None:
            raise RuntimeError("no program")
        model = program.model_proto
    except Exception as error:  # torch has many, for what a network of timm may hold
        raise UserError(f"torch cannot export {name} to ONNX: {first_line(error)}") from error
    opset = next(entry.version for entry in model.opset_import if not entry.domain)
    if opset != OPSET:
        raise UserError(f"torch exports {name} to opset {opset} only, not {OPSET}")
    _forget_origin(model)
    return model


def _forget_origin(model: ModelProto) -> None:
    """Drop what torch notes on nodes and tensors: stack traces, with the paths of this machine."""
    graphs = [model.graph, *model.functions]
    for graph in graphs:
        del graph.metadata_props[:]
        graph.doc_string = ""
        for node in graph.node:
            del node.metadata_props[:]
            node.doc_string = ""
        for value in graph.value_info:
            del value.metadata_props[:]
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
        value.doc_string = ""
    del model.metadata_props[:]
    model.doc_string = ""
