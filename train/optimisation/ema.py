"""EMA of the weights: what a short or noisy run validates and keeps."""

from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class ModelEma:
    """EMA of a network: after each step, average = decay * average + (1 - decay) * weights.

    Batch statistics are averaged like weights. With a decay of 0 nothing is averaged and `network` is the one
    that is trained. After Polyak and Juditsky, 1992.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._trained = network
        self._average: AveragedModel | None = None
        if decay:
            average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]  # torch's
            self._average = AveragedModel(network, multi_avg_fn=average, use_buffers=True)

    @property
    def network(self) -> nn.Module:
        """The network to validate and to keep."""
        return self._trained if self._average is None else self._average.module

    def update(self) -> None:
        """Take in the weights after a step."""
        if self._average is not None:
            self._average.update_parameters(self._trained)

    def state_dict(self) -> dict[str, Any]:
        """The average, or nothing where there is none."""
        return {} if self._average is None else self._average.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        if self._average is not None:
            self._average.load_state_dict(state)
