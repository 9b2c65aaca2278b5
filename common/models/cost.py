"""What a network costs: parameters, multiply-adds, and the memory of its activations."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.func import functional_call
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.flop_counter import FlopCounterMode

from common.models.networks import create_network
from common.models.plane_names import RGB, channels_of
from common.models.temporal_names import Temporal


@dataclass(frozen=True)
class Cost:
    """What a network costs, and one crop in it."""

    parameters: int
    parameter_bytes: int
    mult_adds: int  # of convolutions, linear layers and attention, in one forward pass
    activation_bytes: int  # outputs of all layers in one forward pass, which training keeps


def measure_cost(network: nn.Module, size: int, channels: int = 3) -> Cost:
    """The cost of a network for one crop of `size` pixels, found from shapes, without arithmetic.

    Args:
        network: in eval mode; takes (1, channels, size, size) float32.
        size: pixels of the crop's side.
        channels: of the network's input.
    """
    parameters = list(network.parameters())
    hollow = {
        name: torch.empty_like(tensor, device="meta")
        for name, tensor in chain(network.named_parameters(), network.named_buffers())
    }
    with torch.no_grad(), _output_bytes(network) as sizes, FlopCounterMode(display=False) as counter:
        functional_call(network, hollow, torch.empty(1, channels, size, size, device="meta"))
    return Cost(
        parameters=sum(parameter.numel() for parameter in parameters),
        parameter_bytes=sum(parameter.nbytes for parameter in parameters),
        mult_adds=counter.get_total_flops() // 2,
        activation_bytes=sum(sizes),
    )


def cost_of_network(
    name: str, size: int, planes: Sequence[str] = RGB, temporal: Temporal = Temporal.MEAN
) -> Cost:
    """The cost of a network of `create_network` for one crop of `size` pixels; no weights are made for it.

    What makes `planes` of the crop is not counted, it is little beside a network. A head over time is counted
    for a sequence of one.

    Raises UserError for a name or a size that there is no network for.
    """
    with torch.device("meta"):
        channels = channels_of(planes)
        network = create_network(name, size, in_channels=channels, temporal=temporal)
        return measure_cost(network.eval(), size, channels)


def kept_bytes(network: nn.Module, *inputs: Tensor, frozen: Collection[nn.Module] = ()) -> int:
    """Bytes that a forward pass in train mode keeps for the way back, found from shapes, without arithmetic.

    Each tensor that autograd saves counts once, parameters do not. Under autocast it is what is saved in its
    precision. Batch normalisations are taken in eval mode, in which they save as much and change nothing.

    Args:
        network: on the device that it is trained on; its modules stay in their modes.
        inputs: what it takes, on the meta device.
        frozen: modules in it whose parameters get no gradient.

    Raises whatever a network raises that looks at values.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode  # takes a while, for who does not train

    still = {id(parameter) for module in frozen for parameter in module.parameters()}
    own = dict(chain(network.named_parameters(), network.named_buffers()))
    device = next(iter(own.values())).device
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage

    modes = {module: module.training for module in network.modules()}
    for module in modes:
        module.training = not isinstance(module, _BatchNorm)
    try:
        with FakeTensorMode(allow_non_fake_inputs=True) as fake:
            hollow = {
                name: fake.from_tensor(tensor.detach()).requires_grad_(
                    tensor.requires_grad and id(tensor) not in still
                )
                for name, tensor in own.items()
            }
            given = [torch.empty_like(value, device=device) for value in inputs]
            with saved_tensors_hooks(keep, _not_taken_back):
                functional_call(network, hollow, tuple(given))
    finally:
        for module, was in modes.items():
            module.training = was
    weights = {tensor.untyped_storage()._cdata for tensor in hollow.values()}
    return sum(storage.nbytes() for key, storage in kept.items() if key not in weights)


def _not_taken_back(_: None) -> Tensor:
    raise AssertionError("there is no way back")


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
