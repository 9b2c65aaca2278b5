"""Recognition of the backbone that a file's tensors belong to, by their names and shapes alone."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from common.models.backbones import BACKBONES, FACE_SIZE, create_backbone
from common.models.weights.fit import Comparison, Shapes, compare, shapes_of
from common.runtime.errors import UserError

LARGEST_SIZE = 1024  # pixels; a shape that asks for more is not believed
SIZE_STEP = 16  # pixels: sizes that backbones reduce to whole maps

# Names of the module that wraps the backbone in published files, one in another.
WRAPPERS = frozenset({"module", "_orig_mod", "model", "net", "network", "backbone", "encoder"})

MAX_PREFIX_PARTS = 4


@dataclass(frozen=True)
class Recognised:
    """A backbone found in a file."""

    backbone: str
    size: int  # pixels, both sides of the crop
    prefix: str  # of its keys in the file: "" or words that end in a dot


@dataclass(frozen=True)
class View:
    """A translation of keys: the file's prefix is taken off, the network's put in its place."""

    file_prefix: str
    network_prefix: str

    def renamed(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors behind the file's prefix, under the network's names."""
        cut = len(self.file_prefix)
        return {
            self.network_prefix + key[cut:]: tensor
            for key, tensor in tensors.items()
            if key.startswith(self.file_prefix)
        }


@cache
def backbone_shapes(name: str, size: int = FACE_SIZE) -> dict[str, torch.Size]:
    """Names and shapes of a backbone's state, in its own order. Raises UserError for an unknown one."""
    with torch.device("meta"):  # shapes without memory or arithmetic
        return shapes_of(create_backbone(name, size).state_dict())


def recognise(
    tensors: Mapping[str, Tensor], names: Iterable[str] = tuple(BACKBONES), size: int | None = None
) -> Recognised | None:
    """The one of the backbones `names` whose keys and shapes are all in `tensors` behind one prefix, or None.

    What lies beside it (a classifier's head, a projection) does not matter, as long as it is not part of a
    module that the backbone has as well. Of several the one behind usual wrappers (`WRAPPERS`) is taken.
    Where shapes allow several sizes of crop, it is `size`, or else 112.

    Raises UserError when that leaves more than one.
    """
    found = [
        Recognised(name, fitting, prefix)
        for name in names
        for prefix in _prefixes_before(_first_key(name), tensors)
        if (fitting := _fitting_size(name, _behind(prefix, tensors), size)) is not None
    ]
    usual = [entry for entry in found if set(entry.prefix.split(".")[:-1]) <= WRAPPERS]
    chosen = usual or found
    if len(chosen) > 1:
        prefixes = ", ".join(sorted(f"'{entry.prefix}'" for entry in chosen))
        raise UserError(f"these weights hold several encoders ({prefixes}); save the state_dict of one")
    return chosen[0] if chosen else None


def best_view(tensors: Mapping[str, Tensor], expected: Shapes) -> View:
    """The translation of a file's keys by which most tensors fit a network."""
    found = shapes_of(tensors)
    network_prefixes = ["", *dict.fromkeys(key.split(".")[0] + "." for key in expected if "." in key)]
    views = [View(mine, theirs) for mine in _all_prefixes(found) for theirs in network_prefixes]
    return max(views, key=lambda view: _fitting_count(view, found, expected))  # of equals the first


def nearest(tensors: Mapping[str, Tensor]) -> tuple[str, View] | None:
    """The known backbone that most tensors of a file fit, for an error message; None if none fits any."""
    found = shapes_of(tensors)
    best: tuple[str, View] | None = None
    most = 0
    for name in BACKBONES:
        view = best_view(tensors, backbone_shapes(name))
        count = _fitting_count(view, found, backbone_shapes(name))
        if count > most:
            best, most = (name, view), count
    return best


def _first_key(name: str) -> str:
    """The first name in a backbone's state; making the network to see it takes up to a tenth of a second."""
    made_by = BACKBONES.get(name)
    stated: str = getattr(getattr(made_by, "func", made_by), "first_key", "")
    return stated or next(iter(backbone_shapes(name)))


def _behind(prefix: str, tensors: Mapping[str, Tensor]) -> Shapes:
    return {key[len(prefix) :]: value.shape for key, value in tensors.items() if key.startswith(prefix)}


def _prefixes_before(ending: str, tensors: Mapping[str, Tensor]) -> list[str]:
    prefixes = (key.removesuffix(ending) for key in tensors if key.endswith(ending))
    return [prefix for prefix in prefixes if prefix == "" or prefix.endswith(".")]


def _fitting_size(name: str, found: Shapes, preferred: int | None) -> int | None:
    """The size of crop that makes a backbone's shapes equal to those found, or None."""
    expected = backbone_shapes(name)
    comparison = compare(expected, found)
    if not _is_whole(comparison, expected):
        return None
    sizes = [] if preferred is None else [preferred]
    sizes.append(FACE_SIZE)
    if comparison.other_shape:
        # What depends on the crop's size (the last layer's inputs, a global kernel) grows with its area.
        key = comparison.other_shape[0]
        estimate = FACE_SIZE * math.sqrt(found[key].numel() / expected[key].numel())
        step = round(estimate / SIZE_STEP) * SIZE_STEP
        sizes += [size for size in (step, step + SIZE_STEP) if 0 < size <= LARGEST_SIZE]
    return next((size for size in sizes if _has_shapes(name, size, found)), None)


def _has_shapes(name: str, size: int, found: Shapes) -> bool:
    try:
        return not compare(backbone_shapes(name, size), found).other_shape
    except UserError:  # not a size that this backbone has
        return False


def _is_whole(comparison: Comparison, expected: Shapes) -> bool:
    """Whether all names are there, and the names beside them are of other modules."""
    modules = {key.split(".")[0] for key in expected}
    return not comparison.missing and not any(key.split(".")[0] in modules for key in comparison.unknown)


def _all_prefixes(found: Shapes) -> list[str]:
    """Every beginning of a key that ends in a dot and counts no layers, shortest first."""
    prefixes = {"": None}
    for key in found:
        parts = key.split(".")[:-1]
        for count in range(1, min(len(parts), MAX_PREFIX_PARTS) + 1):
            if parts[count - 1].isdecimal():
                break
            prefixes[".".join(parts[:count]) + "."] = None
    return sorted(prefixes, key=len)


def _fitting_count(view: View, found: Shapes, expected: Shapes) -> int:
    cut = len(view.file_prefix)
    return sum(
        expected.get(view.network_prefix + key[cut:]) == shape
        for key, shape in found.items()
        if key.startswith(view.file_prefix)
    )
