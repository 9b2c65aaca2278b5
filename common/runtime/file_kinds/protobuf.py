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
    """What a file is if it can be read as a protocol buffer from its start to its end; None if it cannot."""
    file.seek(0)
    fields: dict[int, int] = {}  # field: wire type of its last
    try:
        for _ in range(MOST_FIELDS):
            if file.tell() == size:
                break
            field, wire_type = _read_key(file)
            length = _length(file, wire_type)
            fields[field] = wire_type
            if file.tell() + length > size:
                return _cut_network(fields, field, length, size - file.tell())
            file.seek(length, os.SEEK_CUR)
    except _NoMessageError:
        return None
    if (
        fields.keys() <= ONNX_FIELDS
        and fields.get(GRAPH_FIELD) == LENGTH
        and fields.get(VERSION_FIELD, VARINT) == VARINT
    ):
        return Content(Kind.ONNX)
    return Content(Kind.PROTOBUF)


def _cut_network(fields: dict[int, int], field: int, length: int, left: int) -> Content | None:
    """An ONNX network whose graph, or what follows it, goes on beyond the end of the file."""
    is_network = (
        fields.keys() <= ONNX_FIELDS
        and fields.get(VERSION_FIELD) == VARINT
        and fields.get(GRAPH_FIELD) == LENGTH
    )
    part = "its network" if field == GRAPH_FIELD else "its last part"
    cut = f"{part} has {length:,} bytes, of which {left:,} are there"
    return Content(Kind.ONNX, damage=cut) if is_network else None


def _read_key(file: IO[bytes]) -> tuple[int, int]:
    key = _read_varint(file)
    if key >> 3 == 0:
        raise _NoMessageError
    return key >> 3, key & 7


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
