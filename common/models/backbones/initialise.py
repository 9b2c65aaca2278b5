"""Random weights to start from."""

from torch import nn


def initialise(network: nn.Module) -> None:
    """Draw the weights of every convolution and linear layer from torch's global generator; biases become 0.

    Normal with variance 2 / fan-out, after He et al., "Delving deep into rectifiers" (ICCV 2015). Weights on
    the meta device have no values and are passed over: torch takes a second to learn that.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and not module.weight.is_meta:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
