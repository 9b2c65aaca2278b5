"""Detection of faces on CUDA: the same faces as on a CPU, and how many photographs a second."""

import time
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from align.detectors.detection import Detection, DetectorSettings, no_early_exit
from align.detectors.embedded import EmbeddedRetinaFace
from benchmarks.gpu.finding import Finding
from benchmarks.gpu.setting import Setting
from common.runtime.device import Device

LIMIT = 0.05  # pixels of a landmark
LEAST = (
    300  # photographs a second; two cores of a CPU do 600 of 250x250 pixels, these have eight times as many
)
COUNT, ROUNDS = 64, 5


def detection(setting: Setting) -> Iterator[Finding]:
    """The faces of a photograph of six people on both devices, then the rate of a batch of them."""
    from insightface.data import get_image

    whole = np.ascontiguousarray(get_image("t1")[:, :, ::-1])
    image = np.asarray(cv2.resize(whole, (640, 443), interpolation=cv2.INTER_AREA), np.uint8)
    there = EmbeddedRetinaFace(DetectorSettings(device=Device(setting.device)))
    expected = EmbeddedRetinaFace(DetectorSettings(device=Device.CPU)).detect_batch([image], [no_early_exit])[
        0
    ]
    found = there.detect_batch([image], [no_early_exit])[0]
    yield _agreement(found, expected)
    count = 2 if setting.tiny else COUNT
    images = [image] * count
    there.detect_batch(images, [no_early_exit] * count)
    began = time.perf_counter()
    for _ in range(ROUNDS):
        there.detect_batch(images, [no_early_exit] * count)
    rate = ROUNDS * count / (time.perf_counter() - began)
    yield Finding(
        "photographs/s of 640x443, one process",
        f"{rate:,.0f}",
        f"at least {LEAST}",
        None if setting.tiny else rate >= LEAST,
    )


def _agreement(found: list[Detection], expected: list[Detection]) -> Finding:
    apart: NDArray[np.float32] | float = float("inf")
    if len(found) == len(expected):
        apart = max(
            float(np.abs(one.landmarks - other.landmarks).max())
            for one, other in zip(found, expected, strict=True)
        )
    told = f"{len(found)} faces, {apart:.1e} pixels apart"
    wanted = f"{len(expected)} faces, at most {LIMIT:g}"
    return Finding("detection against the CPU", told, wanted, apart <= LIMIT)
