"""Detection on a GPU; skipped where ONNX Runtime cannot use one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from align.detectors.detection import Detection, DetectorSettings, no_early_exit
from align.detectors.embedded import EmbeddedRetinaFace
from common.runtime.device import Device
from common.runtime.onnx_session import cuda_trouble

from .looking import scaled


@pytest.mark.cuda
@pytest.mark.slow
def test_faces_on_a_gpu_are_those_of_the_cpu(
    group_photograph: NDArray[np.uint8], portraits: list[NDArray[np.uint8]]
) -> None:
    if trouble := cuda_trouble():
        pytest.skip(f"ONNX Runtime cannot use CUDA: {trouble}")
    images = [scaled(group_photograph, 0.5), *portraits, scaled(group_photograph, 0.4)]

    def faces(device: Device) -> list[list[Detection]]:
        detector = EmbeddedRetinaFace(DetectorSettings(device=device))
        return detector.detect_batch(images, [no_early_exit] * len(images))

    for there, here in zip(faces(Device.CUDA), faces(Device.CPU), strict=True):
        assert len(there) == len(here)
        for one, other in zip(there, here, strict=True):
            np.testing.assert_allclose(one.landmarks, other.landmarks, atol=0.05)
            assert one.score == pytest.approx(other.score, abs=1e-4)
