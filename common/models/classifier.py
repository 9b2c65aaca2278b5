"""The classifier: a network with one logit together with what it expects of its input."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from common.models.input_format import InputFormat, channels_last, default_input_format
from common.models.networks import create_network
from common.models.plane_names import RGB, PlaneName, channels_of
from common.models.planes import Planes
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

    Raises UserError for a name or a size that there is no network for.
    """

    def __init__(
        self,
        network_name: str,
        input_format: InputFormat,
        dropout: float = 0.0,
        planes: Sequence[PlaneName] = RGB,
    ) -> None:
        super().__init__()
        self.network_name = network_name
        self.input_format = input_format
        self.network = create_network(network_name, input_format.size, dropout, channels_of(planes))
        channels_last(self.network)
        self.planes = Planes(planes, input_format)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, 3, size, size) RGB in 0..255, any dtype, to logits (N,) float32."""
        logits: Tensor = self.network(self.planes(crops)).float()
        return logits[:, 0]

    def score(self, crops: Tensor, views: Sequence[str] = DEFAULT_VIEWS) -> Tensor:
        """Logits averaged over the crop and its views, (N,) float32, without gradient and TF32.

        Takes what `forward` takes, and names of `common.models.views.VIEWS`, by default that of the mirror
        image. The caller puts the module in eval mode.
        """
        with torch.inference_mode(), exact_float32():
            each = [self(view) for view in views_of(crops, views)]
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
