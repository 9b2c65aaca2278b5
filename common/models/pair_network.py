"""A network of pairs: two crops on top of each other to one logit, without an embedding."""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

from common.models.input_format import InputFormat, Normalise, channels_last
from common.models.networks import create_network
from common.runtime.float32 import exact_float32

CHANNELS = 6  # RGB of both crops


class PairNetwork(nn.Module):
    """Maps two 8-bit RGB crops to a logit: above 0 where both rather are bona fide and show one person.

    It is the same whichever crop comes first: the mean over both orders. A crop has no embedding, so every
    pair costs two passes.

    Args:
        network_name: as in `create_network`; the weights are random.
        input_format: size, colour order and normalisation, of either crop.
        dropout: share of the features before the last layers that is dropped in training.

    Raises UserError for a name or a size that there is no network for.
    """

    def __init__(self, network_name: str, input_format: InputFormat, dropout: float = 0.0) -> None:
        super().__init__()
        self.network_name = network_name
        self.input_format = input_format
        self.network = create_network(network_name, input_format.size, dropout, CHANNELS)
        channels_last(self.network)
        self.normalise = Normalise(input_format)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Two times (P, 3, size, size) RGB in 0..255, any dtype, to logits (P,) float32."""
        one, other = self.normalise(first), self.normalise(second)
        orders = torch.cat([torch.cat([one, other], 1), torch.cat([other, one], 1)])
        logits: Tensor = self.network(orders).float()
        return logits.view(2, -1).mean(0)

    def score(self, first: Tensor, second: Tensor) -> Tensor:
        """Logits of pairs, (P,) float32, without gradient and TF32; `likelihood` makes similarities of them.

        Takes what `forward` takes. The caller puts the module in eval mode.
        """
        with torch.inference_mode(), exact_float32():
            logits: Tensor = self(first, second)
            return logits


def likelihood(logits: Tensor) -> NDArray[np.float64]:
    """P(both bona fide and one person) of logits (P,), in 0..1: the similarity of a network of pairs."""
    found: NDArray[np.float64] = expit(logits.double().cpu().numpy())
    return found
