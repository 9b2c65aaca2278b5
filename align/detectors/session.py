"""The session that a detector's network runs in."""

from pathlib import Path

import onnxruntime

from align.detectors.detection import DetectorSettings
from common.runtime.onnx_session import open_network


def open_session(model: bytes | Path, settings: DetectorSettings) -> onnxruntime.InferenceSession:
    """A session of a detector on the device asked for; raises as `open_network`."""
    name = str(model) if isinstance(model, Path) else "the detector"
    return open_network(model, name, settings.threads, settings.device)
