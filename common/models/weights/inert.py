"""Allow-list of the classes in checkpoints of training frameworks, and the inert stand-ins for them."""

import re
from collections import OrderedDict
from typing import Any, Self

# Names in a pickle that torch itself turns into tensors and plain containers.
_TENSORS = re.compile(
    r"torch\.(Float|Double|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Storage"
    r"|torch\.storage\.UntypedStorage"
    r"|torch\._utils\._rebuild_(tensor|tensor_v2|tensor_v3|parameter|parameter_with_state)"
    r"|torch\._tensor\._rebuild_from_type_v2"
    r"|torch\.nn\.parameter\.Parameter"
    r"|torch\.(bool|b?float\d+|u?int\d+|Size|device)"
    r"|collections\.(OrderedDict|Counter)"
    r"|builtins\.set"
    r"|_codecs\.encode",  # how protocol 2 writes bytes
)

_QUANTISED = re.compile(
    r"torch\.(QU?Int\w+Storage|_utils\._rebuild_qtensor|qu?int\w+|(ao\.)?nn\.(\w+\.)?quantized\..*)", re.ASCII
)

# Settings and states that frameworks keep beside the weights: Lightning's callbacks and enumerations,
# OmegaConf's nodes, numpy's scalars, paths. A narrow list, because a file that holds other names was not
# written by a training framework and deserves a look before it is used.
_RECORDS = re.compile(
    r"(pytorch_lightning|lightning|lightning_fabric|omegaconf)(\.[A-Za-z_]\w*)+"
    r"|argparse\.Namespace|types\.SimpleNamespace"
    r"|pathlib(\._local)?\.(Pure)?(Posix|Windows)?Path"
    r"|numpy(\.core|\._core)?\.multiarray\.(scalar|_reconstruct)"
    r"|numpy\.(dtype|ndarray|bool_?|u?int\d+|float\d+)"
    r"|datetime\.(datetime|date|time|timedelta|timezone)"
    r"|typing\.(Any|Union|Optional|List|Dict|Tuple)"
    r"|torch\.torch_version\.TorchVersion"
    r"|builtins\.(object|int|float|complex|str|bool|list|tuple)",
    re.ASCII,
)
_MAPPINGS = re.compile(
    r"(pytorch_lightning|lightning|lightning_fabric)(\.[A-Za-z_]\w*)*\.AttributeDict"
    r"|collections\.defaultdict|builtins\.dict|easydict\.EasyDict|yacs\.config\.CfgNode",
    re.ASCII,
)


class InertRecord:
    """Stand-in for a foreign object, which accepts any arguments and state and keeps nothing."""

    def __new__(cls, *values: Any, **named: Any) -> Self:
        return super().__new__(cls)

    def __init__(self, *values: Any, **named: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


class InertMapping:
    """Stand-in for a foreign dictionary: its constructor returns an empty ordered dictionary."""

    def __new__(cls, *values: Any, **named: Any) -> OrderedDict[Any, Any]:  # type: ignore[misc]
        return OrderedDict()


def is_tensor_part(name: str) -> bool:
    """Whether torch itself reads a dotted name of a pickle: those of tensors and plain containers."""
    return _TENSORS.fullmatch(name) is not None


def is_quantised(name: str) -> bool:
    """Whether a dotted name in a pickle belongs to quantised tensors or layers."""
    return _QUANTISED.fullmatch(name) is not None


def stand_in(name: str) -> type | None:
    """The stand-in for a dotted name in a pickle; None for a name that is not known to be mere data.

    Nothing is imported: the file's own class is never looked at, whether it is installed or not.
    """
    if _MAPPINGS.fullmatch(name):
        return InertMapping
    return InertRecord if _RECORDS.fullmatch(name) else None
