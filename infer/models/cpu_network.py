"""CPU inference of an encoder by ONNX Runtime, with one thread for each view of a crop.

Its kernels take half of torch's time for a MobileFaceNet. A view is computed by itself and on one thread, so
that an embedding is the same bits whatever else is embedded with it, and no thread waits for a core that a
worker process is using.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from common.models.encoder import Encoder
from common.runtime.device import Device
from common.runtime.onnx_session import open_network
from common.runtime.worker_processes import available_cores
from infer.models.lower import CROP, lower
from infer.models.unit_length import to_unit_length


class CpuNetwork:
    """An encoder in eval mode; several threads may use it at the same time, and it keeps no more cores busy
    than there are.

    Raises `lower.UnknownLayerError` for a network with layers that facetrust's own backbones have not.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._session: onnxruntime.InferenceSession = open_network(
            lower(encoder), encoder.backbone_name, 1, Device.CPU
        )
        self._pool = ThreadPoolExecutor(available_cores(), thread_name_prefix="embed")

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, size, size, 3) RGB, N > 0, to (N, D) of unit length, averaged over crop and mirror image.

        NaN where the network gives zeros or what is not finite.
        """
        views = [view for crop in crops for view in (crop, np.ascontiguousarray(crop[:, ::-1]))]
        seen = to_unit_length(self.features(views)).reshape(len(crops), 2, -1)
        return to_unit_length(seen.sum(axis=1))

    def features(self, views: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """V > 0 images, (size, size, 3) RGB, to (V, D) as the backbone gives them, not of unit length."""
        return np.stack(list(self._pool.map(self._run, views)))

    def _run(self, view: NDArray[np.uint8]) -> NDArray[np.float32]:
        features: NDArray[np.float32] = self._session.run(None, {CROP: view[None]})[0][0]
        return features
