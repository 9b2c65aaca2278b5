"""What the exports of encoders and classifiers do alike with a file."""

from pathlib import Path

import onnx
from onnx import ModelProto

from common.runtime.errors import UserError
from infer.export.check import check_graph
from infer.models.onnx_properties import OnnxProperties

SUFFIX = ".onnx"


def refuse_other_name(out: Path) -> None:
    """Raise UserError unless a file to be written is named *.onnx."""
    if out.suffix.lower() != SUFFIX:
        raise UserError(f"name the file --out *{SUFFIX}, not {out}: that is how it is recognised")


def store_graph(graph: ModelProto, metadata: OnnxProperties, file: Path) -> None:
    """Put the metadata in the graph and write a file that `onnx.checker` takes."""
    onnx.helper.set_model_props(graph, metadata.as_properties())
    content = graph.SerializeToString(deterministic=True)
    check_graph(content)
    file.write_bytes(content)
