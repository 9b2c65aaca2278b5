"""He initialisation of a network's weights."""

from torch import nn


def initialise(network: nn.Module, *, zero_biases: bool = True) -> None:
    """Draw the weights of all convolutions and linear layers from torch's global generator.

    They are normal with variance 2 / fan-out (He et al., "Delving deep into rectifiers", ICCV 2015); biases
    become 0, or stay as torch drew them. Weights on the meta device have no values and are passed over:
    torch would import its compiler, which takes a second.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear) and not module.weight.is_meta:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None and zero_biases:
                nn.init.zeros_(module.bias)
