"""The classifier: a network with one logit together with what it expects of its input."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from common.models.input_format import InputFormat, channels_last, default_input_format
from common.models.networks import create_network
from common.models.networks.sequence_network import SequenceNetwork
from common.models.plane_names import RGB, PlaneName, channels_of
from common.models.planes import Planes
from common.models.temporal_names import Temporal
from common.models.view_names import DEFAULT_VIEWS
from common.models.views import views_of
from common.runtime.float32 import exact_float32


class Classifier(nn.Module):
    """Maps 8-bit RGB crops to logits: above 0 where a face is rather synthetic than bona fide.

    Args:
        network_name: as in `create_network`; the weights are random.
        input_format: size, colour order and normalisation.
        dropout: share of the features before the last layer that is dropped in training.
        planes: what the network sees of a crop, see `common.models.planes`.
        temporal: what the frames of a track come to; one that is learnt takes the place of the last layer.

    Raises UserError for a name or a size that there is no network for, and where its last layer cannot be
    taken off.
    """

    def __init__(
        self,
        network_name: str,
        input_format: InputFormat,
        dropout: float = 0.0,
        planes: Sequence[PlaneName] = RGB,
        temporal: Temporal = Temporal.MEAN,
    ) -> None:
        super().__init__()
        self.network_name = network_name
        self.input_format = input_format
        self.temporal = temporal
        self.network = create_network(network_name, input_format.size, dropout, channels_of(planes), temporal)
        channels_last(self.network)
        self.planes = Planes(planes, input_format)

    def forward(self, crops: Tensor, places: Tensor | None = None) -> Tensor:
        """(N, 3, size, size) RGB in 0..255, any dtype, to logits (N,) float32.

        With `places`, (B, T), the crops are those of sequences, and it is the logits of their steps, (B, T),
        as `SequenceNetwork.steps`. Without, a head that is learnt on sequences sees sequences of one.
        """
        seen = self.planes(crops)
        if places is not None:
            assert isinstance(self.network, SequenceNetwork)
            return self.network.steps(seen, places)
        logits: Tensor = self.network(seen).float()
        return logits[:, 0]

    def score(
        self, crops: Tensor, views: Sequence[str] = DEFAULT_VIEWS, places: Tensor | None = None
    ) -> Tensor:
        """Logits averaged over the crop and its views, shaped as `forward`'s, without gradient and TF32.

        Takes what `forward` takes, and names of `common.models.views.VIEWS`, by default that of the mirror
        image. The caller puts the module in eval mode.
        """
        with torch.inference_mode(), exact_float32():
            each = [self(view, places) for view in views_of(crops, views)]
            logits: Tensor = sum(each[1:], start=each[0]) / len(each)
            return logits


def classifier_input(network_name: str, size: int, planes: Sequence[PlaneName] = RGB) -> InputFormat:
    """The input format of a network where nothing else is known: the normalisation that timm states.

    Of `timm:NAME+…` it is that of `timm:NAME`. With other planes than RGB alone, for which nothing is stated,
    colours are scaled to [-1, 1]. Raises UserError for a name that timm does not know.
    """
    if tuple(planes) != RGB:
        return InputFormat(size=size)
    return default_input_format(network_name.partition("+")[0], size)
