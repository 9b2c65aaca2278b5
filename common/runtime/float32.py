"""Precision of products of float32 on CUDA: all 24 bits, or the 11 of TF32."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_LOCK = threading.RLock()  # the setting is one for all threads


def allow_tf32(allowed: bool) -> None:
    """Set whether CUDA may shorten float32 to TF32 in matrix products and convolutions, in this process.

    torch allows it in convolutions unless told otherwise; results then differ from a CPU's by 1e-4 to 1e-3.
    """
    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


@contextmanager
def exact_float32() -> Iterator[None]:
    """Context without TF32, whatever is set outside; on CUDA threads enter it one after the other."""
    if not torch.cuda.is_available():
        yield
        return
    # the older `allow_tf32` of these would refuse to be read where somebody has set the newer one
    settings = (torch.backends.cudnn.conv, torch.backends.cuda.matmul)  # type: ignore[attr-defined]
    with _LOCK:
        before = [setting.fp32_precision for setting in settings]
        try:
            for setting in settings:
                setting.fp32_precision = "ieee"
            yield
        finally:
            for setting, value in zip(settings, before, strict=True):
                setting.fp32_precision = value
