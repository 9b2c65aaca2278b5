"""Reader of state dicts from any weights file: safetensors, torch, a training framework's checkpoint."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from common.models.weights.refusal import inspect_weights, refusal
from common.models.weights.torch_file import TORCH_KINDS, load_torch_file
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import Kind

# Where frameworks keep the weights, the likeliest first; of equally large dictionaries the earlier is taken,
# so that averaged copies (state_dict_ema ...) come after what they are averages of.
USUAL_NAMES = ("state_dict", "model", "model_state_dict", "net", "network", "backbone", "encoder")

MAX_DEPTH = 5  # of dictionaries in dictionaries
OPTIMISER_NAMES = frozenset({"optimizer", "optimizer_state_dict", "optimizer_states", "param_groups"})


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The named tensors of a weights file, on the CPU.

    A file may hold several dictionaries (a Lightning checkpoint: weights, optimiser, callbacks). The largest
    is taken; of equals the one under the most usual name, see `USUAL_NAMES`.

    Raises UserError that says what the file is when it is missing, damaged, or no weights file, or when it
    holds anything that would have to be executed to be read.
    """
    content = _read(path)
    found = list(_tensor_dicts(content))
    if not found:
        raise UserError(f"{path} {_describe_nothing(content)}")
    return max(found, key=lambda named: (len(named[1]), -_unusualness(named[0])))[1]


def _read(path: Path) -> object:
    content = inspect_weights(path)
    if content.damage:
        raise refusal(path, content)
    if content.kind in TORCH_KINDS:
        return load_torch_file(path, content.kind)
    if content.kind is not Kind.SAFETENSORS:
        raise refusal(path, content)
    try:
        return load_file(path)
    except SafetensorError as error:
        raise refusal(path, replace(content, damage=first_line(error))) from error
    except (ValueError, KeyError, AttributeError) as error:  # how the library says so
        raise UserError(
            f"{path} holds tensors of a type that this torch does not have ({first_line(error)}); "
            "name the weights in fp32 or fp16"
        ) from error


def _describe_nothing(content: object) -> str:
    """What there is instead of named tensors, and what to do."""
    if isinstance(content, dict) and not OPTIMISER_NAMES.isdisjoint(content):
        return (
            "holds the state of an optimiser and no weights; name the file that holds the model's state_dict"
        )
    return "holds no named tensors; save model.state_dict() and use that file"


def _tensor_dicts(content: object) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every dictionary that holds tensors, with the name it stands under ("" for the file itself)."""
    waiting: list[tuple[str, object, int]] = [("", content, 0)]
    seen: set[int] = set()  # a file can hold a dictionary that holds itself
    while waiting:
        name, node, depth = waiting.pop(0)
        if not isinstance(node, dict) or id(node) in seen or depth > MAX_DEPTH:
            continue
        seen.add(id(node))
        named = {key: value for key, value in node.items() if isinstance(key, str)}
        tensors = {key: value.detach() for key, value in named.items() if isinstance(value, Tensor)}
        if tensors:
            yield name, tensors
        waiting += [(key, value, depth + 1) for key, value in named.items()]


def _unusualness(name: str) -> int:
    return USUAL_NAMES.index(name) if name in USUAL_NAMES else len(USUAL_NAMES)
