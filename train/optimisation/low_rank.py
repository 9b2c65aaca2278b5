"""LoRA: fine-tuning by matrices of low rank beside the weights of layers, which stay as they are.

Hu et al., "LoRA: Low-rank adaptation of large language models", ICLR 2022. With few photographs there is less
to learn, hence less to forget. The layers are those of the peft library, which is imported where they are
asked for alone: that takes seconds.
"""

import copy
import re
from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from common.runtime.errors import UserError

ADAPTED, MATRICES = ".base_layer", ".lora_"  # in what peft calls a layer, and the matrices beside it


class LowRank:
    """The matrices of low rank of a network, put in beside its linear and convolutional layers.

    A layer W x becomes W x + B A x, A of `rank` rows, B of `rank` columns and zero at first, so that the
    network computes what it did. All other parameters are frozen, batch statistics too. Grouped convolutions,
    as MobileFaceNet and ConvNeXt have them, get no matrices, since each of their channels has few weights
    already.

    Args:
        network: changed in place; matrices are drawn from torch's global generator.
        rank: 0 leaves the network as it is, all of it trained.
        whole: modules of the network that are trained as they are, since their weights are random.

    Raises UserError where peft is not installed, or no layer can have matrices of this rank.
    """

    def __init__(self, network: nn.Module, rank: int, whole: Sequence[nn.Module] = ()) -> None:
        self.rank, self._held, self.layers = rank, list[nn.Module](), 0
        if not rank:
            return
        inside = {id(module) for part in whole for module in part.modules()}
        named = [entry for entry in network.named_modules() if id(entry[1]) not in inside]
        layers = [name for name, module in named if _takes(module, rank)]
        if not layers:
            raise UserError(f"no layer is wider than {rank}; lower --lora")
        self.layers = len(layers)
        _inject(network, rank, layers)
        for part in whole:
            part.requires_grad_(True)
        self._held = [module for _, module in named if isinstance(module, _BatchNorm)]

    def hold(self) -> None:
        """To be called after the network was put into train mode: frozen batch statistics go back to eval."""
        for module in self._held:
            module.eval()

    def notes(self, network: nn.Module) -> list[str]:
        """How much of the network is trained, for people; none where all of it is."""
        if not self.rank:
            return []
        trained = sum(each.numel() for each in network.parameters() if each.requires_grad)
        own = sum(each.numel() for name, each in network.named_parameters() if MATRICES not in name)
        return [
            f"LoRA of rank {self.rank} beside {self.layers:,} layers: {trained:,} parameters are trained in "
            f"the place of {own:,}; checkpoints are plain ones, with the matrices added to the weights"
        ]


def merged(network: nn.Module) -> nn.Module:
    """The network with the matrices added to its weights, a copy; itself where it has none."""
    if not any(name.endswith(ADAPTED) for name, _ in network.named_modules()):
        return network
    from peft.tuners.tuners_utils import BaseTunerLayer

    plain = copy.deepcopy(network)
    for name, module in [*plain.named_modules()]:
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent, _, own = name.rpartition(".")
            setattr(plain.get_submodule(parent), own, module.get_base_layer())
    return plain.requires_grad_(True)


def _takes(module: nn.Module, rank: int) -> bool:
    """Whether matrices of a rank have fewer weights than a layer, which is one of those that take them."""
    if isinstance(module, nn.Linear):
        return rank < min(module.in_features, module.out_features)
    return (
        isinstance(module, nn.Conv2d)
        and module.groups == 1
        and rank < min(module.in_channels, module.out_channels)
    )


def _inject(network: nn.Module, rank: int, layers: Sequence[str]) -> None:
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise UserError("--lora needs peft; install it with: pip install 'facetrust[lora]'") from error
    these = "|".join(map(re.escape, layers))  # a regular expression; of a list, peft takes ends of names
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=rank, target_modules=f"(?:{these})"), network)
