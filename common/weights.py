"""Reading weights from files that are not trusted: no pickle is ever executed."""

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from common.backbones import BACKBONES, create_backbone
from common.errors import UserError

NAMED_KEYS = 3  # how many keys an error message lists


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` file or of a torch file that holds a plain `state_dict`, on the CPU.

    Raises UserError when the file is missing, damaged, holds anything but named tensors, or would have to
    execute code to be read.
    """
    if not path.is_file():
        raise UserError(f"no such weights file: {path}")
    try:
        loaded = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} holds more than tensors and is not loaded, because reading it would run code; "
            "save its state_dict as .safetensors"
        ) from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise UserError(f"{path} is damaged or not a weights file") from error
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise UserError(f"{path} is not a plain state_dict (names to tensors); save model.state_dict() alone")
    return loaded


def load_weights(network: nn.Module, tensors: dict[str, Tensor], source: str) -> None:
    """Copy `tensors` into `network`; all names and shapes must fit.

    Raises UserError that names what does not.
    """
    expected = network.state_dict()
    problems = [f"{key} is missing" for key in expected if key not in tensors]
    problems += [f"{key} is unknown" for key in tensors if key not in expected]
    problems += [
        f"{key} is {tuple(tensors[key].shape)} and should be {tuple(expected[key].shape)}"
        for key in expected
        if key in tensors and tensors[key].shape != expected[key].shape
    ]
    if problems:
        made_for = recognise_backbone(tensors)
        if made_for:
            raise UserError(f"{source} is a {made_for}; add --backbone {made_for}")
        listed = "; ".join(problems[:NAMED_KEYS])
        more = f"; and {len(problems) - NAMED_KEYS} more" if len(problems) > NAMED_KEYS else ""
        raise UserError(f"{source} does not fit this backbone ({listed}{more})")
    network.load_state_dict(tensors)


def recognise_backbone(tensors: dict[str, Tensor]) -> str | None:
    """The backbone whose names and shapes are exactly those of `tensors`, or None."""
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    for name in BACKBONES:
        with torch.device("meta"):  # shapes without memory or arithmetic
            network = create_backbone(name)
        if {key: value.shape for key, value in network.state_dict().items()} == shapes:
            return name
    return None
