"""Sessions of ONNX Runtime: networks opened on the device asked for."""

import ctypes
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from common.runtime.device import Device
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import Kind, inspect
from common.runtime.worker_processes import available_cores

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
CUDA_OPTIONS = {
    "cudnn_conv_algo_search": "HEURISTIC",  # else every new shape of an image is searched for exhaustively
    "arena_extend_strategy": "kSameAsRequested",  # not by doubling: a worker process each shares the GPU
    "use_tf32": "0",  # as a CPU computes
}
GPU_PROCESSES = 4  # each has a context of some 0.5 GB on it, and they compute by turns
ON_CUDA = [(CUDA, CUDA_OPTIONS), CPU]  # single nodes that CUDA lacks stay on the CPU


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
    on_gpu = settle_device(device) is Device.CUDA
    asked = ON_CUDA if on_gpu else [CPU]
    try:
        # by itself it would go on with the CPU, here and when it is run, after a line for nobody
        session = onnxruntime.InferenceSession(source, options, providers=asked, enable_fallback=0)
    except Exception as error:  # onnxruntime has a dozen classes for it, none of them public
        if isinstance(network, Path) and (other := _what_else(network)):
            raise UserError(f"{name} is {other}; name a whole ONNX network") from error
        raise UserError(f"{name} cannot be loaded by ONNX Runtime: {first_line(error)}") from error
    if on_gpu and not on_cuda(session):
        raise UserError(_no_cuda("it opened one network there and not the next"))
    return session


def _what_else(path: Path) -> str | None:
    """What a file is that is no whole ONNX network; None for one that may be."""
    content = inspect(path)
    return None if content.kind is Kind.ONNX and not content.damage else content.text


def settle_device(device: Device) -> Device:
    """CPU or CUDA, whichever `AUTO` comes to here. Raises UserError when CUDA is wanted and does not work."""
    if device is Device.CPU:
        return device
    trouble = cuda_trouble()
    if trouble is None:
        return Device.CUDA
    if device is Device.CUDA:
        raise UserError(_no_cuda(trouble))
    return Device.CPU


def processes_on(device: Device) -> int:
    """How many processes at once should compute on a device: one a core, or a few that share a GPU.

    Raises UserError as `settle_device`.
    """
    cores = available_cores()
    return min(cores, GPU_PROCESSES) if settle_device(device) is Device.CUDA else cores


def fallback_notes(device: Device) -> list[str]:
    """What to tell where `AUTO` comes to the CPU although ONNX Runtime was built for CUDA."""
    is_built_in = CUDA in onnxruntime.get_available_providers()
    if device is not Device.AUTO or not is_built_in or (trouble := cuda_trouble()) is None:
        return []
    return [f"ONNX Runtime computes on the CPU, for it cannot use CUDA: {trouble}"]


def cuda_trouble() -> str | None:
    """Why ONNX Runtime cannot compute on CUDA, in a line; None where it can, as a small network has shown."""
    if CUDA not in onnxruntime.get_available_providers():
        return "it was built without"
    return _trouble_of_a_small_network()


@lru_cache(maxsize=1)
def _trouble_of_a_small_network() -> str | None:
    if hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # finds the CUDA libraries that came with torch
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(
            _small_network(), options, providers=ON_CUDA, enable_fallback=0
        )
        if not on_cuda(session):
            return _trouble_of_libraries()
        session.run(None, {"x": np.ones(1, np.float32)})
    except Exception as error:  # onnxruntime has a dozen classes for it, none of them public
        return first_line(error)
    return None


def _small_network() -> bytes:
    from onnx import TensorProto, helper  # takes a tenth of a second, which only a GPU is to cost

    one = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "small", one[:1], one[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def _trouble_of_libraries() -> str:
    """Why the library of the provider cannot be loaded, which ONNX Runtime itself keeps to its log."""
    folder = Path(onnxruntime.__file__).parent / "capi"
    try:
        for name in ("shared", "cuda"):
            for library in folder.glob(f"*onnxruntime_providers_{name}.*"):
                ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        return first_line(error)
    return "it finds no GPU"


def on_cuda(session: onnxruntime.InferenceSession) -> bool:
    """Whether a session runs on CUDA."""
    return CUDA in session.get_providers()


def _no_cuda(trouble: str) -> str:
    return (
        f"ONNX Runtime finds no CUDA ({trouble}); run 'make gpu' (it puts onnxruntime-gpu in the place of "
        "onnxruntime) and check the driver, or use --device cpu"
    )
