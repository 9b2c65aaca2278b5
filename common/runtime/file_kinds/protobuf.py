"""ONNX networks, which have no signature: a protocol buffer with the fields of an ONNX model."""

import os
from typing import IO

from common.runtime.file_kinds.kind import Content, Kind

# of `ModelProto` in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
VERSION_FIELD, GRAPH_FIELD, OPERATORS_FIELD = 1, 7, 8
ONNX_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26})
VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5  # wire types
MOST_FIELDS = 100_000  # that are looked at
LONGEST_VARINT = 10  # bytes


class _NoMessageError(Exception):
    """The bytes are no protocol buffer."""


def inspect_protobuf(file: IO[bytes], size: int) -> Content | None:
    """An ONNX network or another protocol buffer, also an ONNX network that is cut; None for other bytes."""
    file.seek(0)
    fields: dict[int, int] = {}  # field: wire type of its last
    cut = ""
    try:
        for _ in range(MOST_FIELDS):
            if file.tell() == size:
                break
            key = _read_varint(file)
            field, wire_type = key >> 3, key & 7
            if field == 0:
                return None
            length = _length(file, wire_type)
            fields[field] = wire_type
            left = size - file.tell()
            if length > left:
                part = "its network" if field == GRAPH_FIELD else "its last part"
                cut = f"{part} has {length:,} bytes, of which {left:,} are there"
            file.seek(min(length, left), os.SEEK_CUR)
    except _NoMessageError:
        return None
    has_graph = fields.keys() <= ONNX_FIELDS and fields.get(GRAPH_FIELD) == LENGTH
    if has_graph and fields.get(VERSION_FIELD, LENGTH if cut else VARINT) == VARINT:
        return Content(Kind.ONNX, damage=cut)
    return None if cut else Content(Kind.PROTOBUF)


def _length(file: IO[bytes], wire_type: int) -> int:
    """How many bytes of a field's value are still to be passed over."""
    if wire_type == VARINT:
        _read_varint(file)
        return 0
    if wire_type == LENGTH:
        return _read_varint(file)
    if wire_type in (EIGHT_BYTES, FOUR_BYTES):
        return 8 if wire_type == EIGHT_BYTES else 4
    raise _NoMessageError


def _read_varint(file: IO[bytes]) -> int:
    value = 0
    for index in range(LONGEST_VARINT):
        byte = file.read(1)
        if not byte:
            raise _NoMessageError
        value |= (byte[0] & 0x7F) << 7 * index
        if byte[0] < 0x80:
            return value
    raise _NoMessageError
