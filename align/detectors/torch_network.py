"""Networks of detectors that torch computes: their weights, their device, and their share of the cores."""

import multiprocessing
from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from align.detectors.detection import DetectorSettings
from common.models.weights.fit import compare, describe, load_weights, shapes_of
from common.runtime.errors import UserError
from common.runtime.torch_device import settled_device

Network = TypeVar("Network", bound=nn.Module)


def filled(network: Network, tensors: Mapping[str, Tensor], where: str, expected: str) -> Network:
    """The network itself with the tensors of a file in it.

    `where` names the file in errors, and `expected` what it was to be. Raises UserError that says what does
    not fit, and for values that are no finite numbers.
    """
    own, found = shapes_of(network.state_dict()), shapes_of(tensors)
    comparison = compare(own, found)
    if not comparison.is_complete:
        raise UserError(f"{where} is not {expected} ({describe(comparison, own, found)}); name another file")
    load_weights(network, tensors, where)
    return network


def ready(network: Network, settings: DetectorSettings) -> tuple[Network, torch.device]:
    """The network where the settings want it, for inference alone, and the device.

    A worker process has one core for itself, and torch would start a thread for each core there.
    """
    if multiprocessing.parent_process() is not None:
        torch.set_num_threads(settings.threads)
    device = settled_device(settings.device)
    return network.eval().requires_grad_(False).to(device), device
