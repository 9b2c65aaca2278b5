"""What the figures were measured on."""

import sys
from pathlib import Path

import cv2
import onnxruntime
import torch

from common.runtime.worker_processes import available_cores


def describe_machine() -> str:
    """Processor, cores and the versions that count, in one line."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = {line.split(":")[1].strip() for line in lines if line.startswith("model name")}
    versions = f"torch {torch.__version__}, onnxruntime {onnxruntime.__version__}, OpenCV {cv2.__version__}"
    return (
        f"{', '.join(names) or 'processor unknown'}, {available_cores()} cores; "
        f"Python {sys.version.split()[0]}, {versions}"
    )
