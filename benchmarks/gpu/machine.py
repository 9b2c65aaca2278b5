"""The machine: versions, device, and the precision that facetrust takes there."""

import platform
from collections.abc import Iterator

import onnxruntime
import torch

from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from common.runtime.onnx_session import cuda_trouble
from common.runtime.worker_processes import available_cores

AMPERE = (8, 0)  # compute capability from which bfloat16 is computed in


def machine(setting: Setting) -> Iterator[Finding]:
    """What is there, and what is made of it."""
    cuda, cudnn = torch.version.cuda or "none", torch.backends.cudnn.version() or "none"
    yield Finding(
        "Python, torch, CUDA, cuDNN", f"{platform.python_version()}, {torch.__version__}, {cuda}, {cudnn}"
    )
    trouble = cuda_trouble()
    yield Finding("ONNX Runtime on CUDA", f"{onnxruntime.__version__}: {trouble or 'works'}")
    yield Finding("cores", str(available_cores()))
    expected = "32-true"
    if not setting.tiny:
        about = torch.cuda.get_device_properties(0)
        yield Finding("device", f"{about.name}, {about.total_memory / 1e9:.0f} GB")
        expected = "bf16-mixed" if (about.major, about.minor) >= AMPERE else "16-mixed"
    found = str(getattr(setting.fabric("auto").strategy.precision, "precision", "?"))
    yield Finding("--precision auto", found, expected, found == expected)
    shortened = torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32
    if not setting.tiny:
        yield Finding("TF32 in a run not told --tf32", "on" if shortened else "off", "off", not shortened)
