"""Sessions of ONNX Runtime: networks opened on the device asked for."""

from pathlib import Path

import onnxruntime

from common.runtime.device import Device
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import Kind, inspect

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


def open_network(
    network: bytes | Path, name: str, threads: int, device: Device
) -> onnxruntime.InferenceSession:
    """A session on a device: of a file, or of the bytes of one, called `name` in errors.

    Libraries of custom operators are never loaded. Raises UserError when CUDA is asked for and not there, or
    ONNX Runtime cannot load the network.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised as well
    options.add_session_config_entry("session.load_model_format", "ONNX")  # never its own binary format
    source = network if isinstance(network, bytes) else str(network)
    asked = providers(device)
    try:
        session = onnxruntime.InferenceSession(source, options, providers=asked)
    except Exception as error:  # onnxruntime has a dozen classes for it, none of them public
        if isinstance(network, Path) and (other := _what_else(network)):
            raise UserError(f"{name} is {other}; name a whole ONNX network") from error
        raise UserError(f"{name} cannot be loaded by ONNX Runtime: {first_line(error)}") from error
    if device is Device.CUDA and not on_cuda(session):
        raise UserError(_NO_CUDA)
    return session


def _what_else(path: Path) -> str | None:
    """What a file is that is no whole ONNX network; None for one that may be."""
    content = inspect(path)
    return None if content.kind is Kind.ONNX and not content.damage else content.text


def settle_device(device: Device) -> Device:
    """CPU or CUDA, whichever `AUTO` comes to here. Raises UserError when CUDA is wanted but not built in."""
    if device is Device.CPU:
        return device
    if CUDA in onnxruntime.get_available_providers():
        return Device.CUDA
    if device is Device.CUDA:
        raise UserError(_NO_CUDA)
    return Device.CPU


def providers(device: Device) -> list[str]:
    """The execution providers to ask for, in order. Raises UserError when CUDA is wanted but not built in."""
    if settle_device(device) is Device.CPU:
        return [CPU]
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # finds the CUDA libraries that came with torch
    return [CUDA, CPU]


def on_cuda(session: onnxruntime.InferenceSession) -> bool:
    """Whether a session really runs on CUDA; ONNX Runtime falls back in silence."""
    return CUDA in session.get_providers()


_NO_CUDA = (
    "ONNX Runtime finds no CUDA; run 'make gpu' (it puts onnxruntime-gpu in the place of onnxruntime) and "
    "check the driver, or use --device cpu"
)
