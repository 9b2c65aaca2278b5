"""From a file to named tensors, whatever its kind: safetensors, torch, a training framework's checkpoint."""

from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from common.errors import UserError
from common.weights.torch_file import load_torch_file

# Where frameworks keep the weights, the likeliest first; of equally large dictionaries the earlier is taken,
# so that averaged copies (state_dict_ema ...) come after what they are averages of.
USUAL_NAMES = ("state_dict", "model", "model_state_dict", "net", "network", "backbone", "encoder")

MAX_DEPTH = 5  # of dictionaries in dictionaries
SAFETENSORS_HEADER_BYTES = 9  # the header's length as eight bytes, and its opening brace


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The named tensors of a weights file, on the CPU.

    Of a file that holds several dictionaries (a Lightning checkpoint: weights, optimiser, callbacks) it is
    the largest; of equals the one under the most usual name, see `USUAL_NAMES`.

    Raises UserError when the file is missing, damaged, or no weights file, or when it holds anything that
    would have to be executed to be read.
    """
    found = list(_tensor_dicts(_read(path)))
    if not found:
        raise UserError(f"{path} holds no named tensors; save model.state_dict() and use that file")
    return max(found, key=lambda named: (len(named[1]), -_unusualness(named[0])))[1]


def is_safetensors(path: Path) -> bool:
    """Whether a file starts as safetensors do; its name does not matter. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(SAFETENSORS_HEADER_BYTES)
    length = int.from_bytes(start[:8], "little")
    return start[8:] == b"{" and 8 + length <= path.stat().st_size


def _read(path: Path) -> object:
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the weights file in it")
    if not path.is_file():
        raise UserError(f"no such weights file: {path}")
    if not is_safetensors(path):
        return load_torch_file(path)
    try:
        return load_file(path)
    except (SafetensorError, ValueError, KeyError, AttributeError) as error:  # the last two: unknown dtypes
        raise UserError(f"{path} is damaged or not a weights file; fetch it again") from error


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
