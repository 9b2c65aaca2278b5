"""Comparison of a file's tensors with those of a network, and copying of those that fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from common.runtime.errors import UserError

NAMED_KEYS = 10  # of each kind, in an error

# Counts batches for statistics that are not used in verification; old files and other frameworks lack it.
OPTIONAL_SUFFIX = "num_batches_tracked"

Shapes = Mapping[str, torch.Size]


@dataclass(frozen=True)
class Comparison:
    """The keys of a network and of a file, sorted by what becomes of them."""

    fitting: tuple[str, ...]
    missing: tuple[str, ...]  # in the network only
    unknown: tuple[str, ...]  # in the file only
    other_shape: tuple[str, ...]  # in both, and not copied

    @property
    def is_complete(self) -> bool:
        """Whether every weight of the network is there and nothing else is."""
        return not (self.missing or self.unknown or self.other_shape)


def shapes_of(tensors: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    """Shapes by name, without those of complex tensors, which no backbone has."""
    return {name: tensor.shape for name, tensor in tensors.items() if not tensor.is_complex()}


def compare(expected: Shapes, found: Shapes) -> Comparison:
    """The comparison of a file's names and shapes with those of a network."""
    shared = [key for key in expected if key in found]
    return Comparison(
        fitting=tuple(key for key in shared if found[key] == expected[key]),
        missing=tuple(key for key in expected if key not in found and not key.endswith(OPTIONAL_SUFFIX)),
        unknown=tuple(key for key in found if key not in expected),
        other_shape=tuple(key for key in shared if found[key] != expected[key]),
    )


def describe(comparison: Comparison, expected: Shapes, found: Shapes) -> str:
    """What does not fit, for one line of an error; the first keys of each kind by name."""
    reshaped = [
        f"{key} is {tuple(found[key])} and should be {tuple(expected[key])}" for key in comparison.other_shape
    ]
    kinds = (("missing", comparison.missing), ("unknown", comparison.unknown), ("other shape", reshaped))
    return "; ".join(f"{kind}: {_first(keys)}" for kind, keys in kinds if keys)


def load_weights(
    network: nn.Module, tensors: Mapping[str, Tensor], source: str, *, partial: bool = False
) -> Comparison:
    """Copy `tensors` into `network` and say what became of each key.

    Unless `partial`, all names and shapes must fit; else at least one, and the rest of the network keeps its
    values. `source` names the file in errors.

    Raises UserError that names what does not fit, or a tensor whose values are whole numbers in the place of
    floats, or not finite.
    """
    own = network.state_dict()
    expected, found = shapes_of(own), shapes_of(tensors)
    comparison = compare(expected, found)
    if not partial and not comparison.is_complete:
        raise UserError(
            f"{source} does not fit this backbone ({describe(comparison, expected, found)}); "
            "use other weights, or take what fits with --partial"
        )
    if not comparison.fitting:
        raise UserError(f"no tensor of {source} fits this backbone; use other weights or another backbone")
    for key in comparison.fitting:
        if own[key].is_floating_point() and not tensors[key].is_floating_point():
            kind = str(tensors[key].dtype).removeprefix("torch.")
            raise UserError(
                f"{source} holds whole numbers in the place of weights ({key} is {kind}), as quantised files "
                "do; name the weights in fp32 or fp16 that they were made from"
            )
    fitting = {key: tensors[key].to(own[key].dtype) for key in comparison.fitting}
    for key, tensor in fitting.items():
        if not torch.isfinite(tensor).all():
            raise UserError(f"{source} holds weights that are not finite numbers ({key}); use another file")
    network.load_state_dict(fitting, strict=False)
    return comparison


def _first(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - NAMED_KEYS} more" if len(keys) > NAMED_KEYS else ""
    return ", ".join(keys[:NAMED_KEYS]) + more
