"""The tensors of an ONNX network, and whether one names a file, which could be any of this machine."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message  # type: ignore[import-untyped]
from onnx import TensorProto


def keeps_data_outside(tensor: TensorProto) -> bool:
    """Whether a tensor names a file instead of holding its values."""
    return tensor.data_location == TensorProto.EXTERNAL or bool(tensor.external_data)


def tensors(message: Message) -> Iterator[TensorProto]:
    """Every tensor of a model, wherever it is: in graphs within nodes, functions, attributes, sparse ones."""
    pending: list[Any] = [message]
    while pending:
        current = pending.pop()
        if isinstance(current, TensorProto):
            yield current
            continue
        for descriptor, value in current.ListFields():
            if descriptor.message_type is not None:
                pending.extend([value] if isinstance(value, Message) else value)
