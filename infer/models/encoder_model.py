"""The model of a facetrust encoder: torch on a GPU, ONNX Runtime on a CPU."""

import copy
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from common.models.encoder import Encoder
from common.models.fused.encoder import AnyEncoder
from common.runtime.device import Device
from common.runtime.errors import UserError
from common.runtime.torch_device import memory_told, settled_device
from infer.models.cpu_network import CpuNetwork
from infer.models.lower import UnknownLayerError
from infer.models.model import Model, ModelCard, Threshold
from infer.models.unit_length import are_of_unit_length

GPU_BATCH = 256  # crops at one time, and as many mirror images after them; IR-101 takes about 2 GB for them


class EncoderModel(Model):
    """A model that wraps an `Encoder` or a `FusedEncoder`.

    Without a GPU, ONNX Runtime computes our own backbones, and torch those of timm and fused encoders. Either
    gives what `Encoder.embed` gives, to 1e-5. Later changes of its weights do not count. It is put in
    eval mode, and a GPU gets a copy of it.

    Raises UserError when CUDA is asked for and not there, or its memory does not suffice.
    """

    def __init__(
        self,
        encoder: AnyEncoder,
        card: ModelCard,
        threshold: Threshold | None = None,
        file: Path | None = None,
        sha256: str | None = None,
        device: Device = Device.AUTO,
    ) -> None:
        self.card = card
        self.threshold = threshold
        self.file = file
        self.sha256 = sha256
        self.asked_device = device
        self.device = settled_device(device)
        # all of them on a CPU, where other batches would change the last bits
        self._at_once = None if self.device.type == "cpu" else GPU_BATCH
        self.encoder = encoder.eval()
        if self.device.type != "cpu":
            with memory_told("embedding"):
                self.encoder = copy.deepcopy(encoder).to(self.device)
        self._on_cpu = _on_cpu(self.encoder) if self.device.type == "cpu" else None

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `Model.embed`; of our own networks on a CPU, a row is the same bits whatever the others are."""
        if not len(crops):
            return np.zeros((0, self.card.embedding_size), np.float32)
        embedded = self._on_cpu.embed(crops) if self._on_cpu else self._embed_with_torch(crops)
        if not are_of_unit_length(embedded):
            raise UserError("the model gives embeddings that are zero or not finite: its weights are damaged")
        return embedded

    def _embed_with_torch(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        at_once = self._at_once or len(crops)
        found = np.empty((len(crops), self.card.embedding_size), np.float32)
        with memory_told("embedding"):
            for start in range(0, len(crops), at_once):
                part = np.ascontiguousarray(crops[start : start + at_once])
                images = torch.from_numpy(part).to(self.device).permute(0, 3, 1, 2)
                found[start : start + at_once] = self.encoder.embed(images).cpu().numpy()
        return found


def _on_cpu(encoder: AnyEncoder) -> CpuNetwork | None:
    if not isinstance(encoder, Encoder):
        return None
    try:
        return CpuNetwork(encoder)
    except UnknownLayerError:
        return None
