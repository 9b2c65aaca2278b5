"""Networks in ONNX Runtime."""

from pathlib import Path

import onnxruntime

from align.detectors.detection import DetectorSettings
from align.options import Device
from common.errors import UserError

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


def open_session(model: bytes | Path, settings: DetectorSettings) -> onnxruntime.InferenceSession:
    """A session on the device asked for.

    Raises UserError when CUDA is asked for and not there, or the model is not an ONNX network.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised as well
    try:
        session = onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model), options, providers=providers(settings.device)
        )
    except Exception as error:  # onnxruntime has a dozen classes for it, none of them public
        raise UserError(
            f"{model if isinstance(model, Path) else 'the detector'} cannot be loaded by ONNX Runtime: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from error
    if settings.device is Device.CUDA and not on_cuda(session):
        raise UserError(_NO_CUDA)
    return session


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
