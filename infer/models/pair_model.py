"""The model of a network of pairs."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from common.models.pair_network import PairNetwork, likelihood
from common.runtime.device import Device
from common.runtime.errors import UserError
from common.runtime.torch_device import memory_told, settled_device
from infer.models.model import FaceModel, ModelCard, Threshold

AT_ONCE = 64  # pairs


class PairModel(FaceModel):
    """A model that sees two crops together and has no embedding.

    Its similarity is P(both bona fide and one person), 0 to 1. The network is put in eval mode.

    Raises UserError when CUDA is asked for and not there, or its memory does not suffice.
    """

    def __init__(
        self,
        network: PairNetwork,
        card: ModelCard,
        threshold: Threshold | None,
        file: Path,
        sha256: str,
        device: Device = Device.AUTO,
    ) -> None:
        self.card = card
        self.threshold = threshold
        self.file = file
        self.sha256 = sha256
        self.asked_device = device
        self.device = settled_device(device)
        with memory_told("comparing"):
            self.network = network.eval().to(self.device)

    def compare(self, first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The similarities (P,) in 0..1 of the crops (P, size, size, 3) RGB of P pairs, whichever is first.

        Raises UserError when one is not finite.
        """
        found = np.empty(len(first), np.float64)
        with memory_told("comparing"):
            for start in range(0, len(first), AT_ONCE):
                part = slice(start, start + AT_ONCE)
                sides = (
                    torch.from_numpy(np.ascontiguousarray(crops[part])).to(self.device).permute(0, 3, 1, 2)
                    for crops in (first, second)
                )
                found[part] = likelihood(self.network.score(*sides))
        if not np.isfinite(found).all():
            raise UserError("the model gives scores that are not finite: its weights are damaged")
        return found
