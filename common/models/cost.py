"""What a network costs: parameters, multiply-adds, and the memory of its activations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.flop_counter import FlopCounterMode

from common.models.networks import create_network


@dataclass(frozen=True)
class Cost:
    """What a network costs, and one crop in it."""

    parameters: int
    parameter_bytes: int
    mult_adds: int  # of convolutions, linear layers and attention, in one forward pass
    activation_bytes: int  # outputs of all layers in one forward pass, which training keeps


def measure_cost(network: nn.Module, size: int) -> Cost:
    """The cost of a network for one crop of `size` pixels, found from shapes, without arithmetic.

    Args:
        network: in eval mode; takes (1, 3, size, size) float32.
        size: pixels of the crop's side.
    """
    parameters = list(network.parameters())
    hollow = {
        name: torch.empty_like(tensor, device="meta")
        for name, tensor in chain(network.named_parameters(), network.named_buffers())
    }
    with torch.no_grad(), _output_bytes(network) as sizes, FlopCounterMode(display=False) as counter:
        functional_call(network, hollow, torch.empty(1, 3, size, size, device="meta"))
    return Cost(
        parameters=sum(parameter.numel() for parameter in parameters),
        parameter_bytes=sum(parameter.nbytes for parameter in parameters),
        mult_adds=counter.get_total_flops() // 2,
        activation_bytes=sum(sizes),
    )


def cost_of_network(name: str, size: int) -> Cost:
    """The cost of a network of `create_network` for one crop of `size` pixels; no weights are made for it.

    Raises UserError for a name or a size that there is no network for.
    """
    with torch.device("meta"):
        return measure_cost(create_network(name, size).eval(), size)


@contextmanager
def _output_bytes(network: nn.Module) -> Iterator[list[int]]:
    """The bytes that each layer without layers of its own gives while the context lasts; 0 if in place."""
    sizes: list[int] = []

    def keep(_: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        if isinstance(output, Tensor) and not any(output is given for given in inputs):
            sizes.append(output.nbytes)

    leaves = (layer for layer in network.modules() if not any(layer.children()))
    handles = [leaf.register_forward_hook(keep) for leaf in leaves]
    try:
        yield sizes
    finally:
        for handle in handles:
            handle.remove()
