"""The steps in their order: the longest, and what may hang, last."""

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.gpu.compilation import compilation
from benchmarks.gpu.detection import detection
from benchmarks.gpu.embedding import embedding
from benchmarks.gpu.finding import Finding
from benchmarks.gpu.keeping import keeping
from benchmarks.gpu.learning import learning
from benchmarks.gpu.losses import losses
from benchmarks.gpu.machine import machine
from benchmarks.gpu.resumption import infinite_gradient, resumption
from benchmarks.gpu.setting import Setting
from benchmarks.gpu.speed import speed
from common.runtime.onnx_session import cuda_trouble


def _nothing(setting: Setting) -> str | None:
    return None


@dataclass(frozen=True)
class Step:
    """A step of the script.

    Attributes:
        find: its findings, one by one; what it raises becomes a row.
        lacks: the package that is not there, and so the step is left out; None where nothing is missing.
        takes_time: it measures time, and so is no test.
    """

    name: str
    find: Callable[[Setting], Iterator[Finding]]
    lacks: Callable[[Setting], str | None] = _nothing
    takes_time: bool = False


def _lacks_onnx_on_cuda(setting: Setting) -> str | None:
    if importlib.util.find_spec("insightface") is None:
        return "insightface, for its photograph"
    trouble = None if setting.tiny else cuda_trouble()
    return f"onnxruntime-gpu ({trouble}); 'make gpu' installs it" if trouble else None


def _lacks_a_compiler(setting: Setting) -> str | None:
    if setting.tiny:
        return None
    if importlib.util.find_spec("triton") is None:
        return "triton"
    return None if shutil.which("cc") or shutil.which("gcc") else "a C compiler, which triton needs"


STEPS = (
    Step("machine", machine),
    Step("embedding", embedding),
    Step("losses", losses),
    Step("learning", learning, takes_time=True),
    Step("resumption", resumption),
    Step("infinite gradient", infinite_gradient),
    Step("--keep", keeping, takes_time=True),
    Step("speed", speed, takes_time=True),
    Step("detection", detection, _lacks_onnx_on_cuda, takes_time=True),
    Step("compilation", compilation, _lacks_a_compiler, takes_time=True),
)
