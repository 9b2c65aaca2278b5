"""Devices that a network can be asked to run on."""

from enum import StrEnum


class Device(StrEnum):
    """Where a network runs in ONNX Runtime."""

    AUTO = "auto"  # on CUDA if ONNX Runtime has it
    CPU = "cpu"
    CUDA = "cuda"
