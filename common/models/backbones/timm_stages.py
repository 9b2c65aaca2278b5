"""Layer groups of a timm network, from its input to its features."""

from typing import Any

from torch import nn

CONTAINERS = (nn.Sequential, nn.ModuleList)


def group_layers(trunk: Any) -> list[nn.Module]:
    """The coarse groups that timm makes for learning rates by depth, as modules in order; none is empty.

    Where timm makes none they are the network's parts in the order in which they are declared. Every
    parameter is in exactly one group; one that lies beside parts of other groups, such as a position
    embedding, is in an `nn.ParameterList`.
    """
    depths = _depths(trunk)
    group_of = {id(parameter): depths[name] for name, parameter in trunk.named_parameters()}
    groups: dict[int, list[nn.Module]] = {depth: [] for depth in sorted(set(depths.values()))}
    _share_out(trunk, group_of, groups)
    return [parts[0] if len(parts) == 1 else nn.ModuleList(parts) for parts in groups.values()]


def _depths(trunk: Any) -> dict[str, int]:
    """The group of every parameter by name."""
    from timm.models import group_parameters

    try:
        matcher = trunk.group_matcher(coarse=True)
    except (AttributeError, AssertionError, NotImplementedError):  # not written for this network
        return _depths_as_declared(trunk)
    groups: dict[str, int] = group_parameters(trunk, matcher, reverse=True)
    return groups


def _depths_as_declared(trunk: nn.Module) -> dict[str, int]:
    depths = {name: 0 for name, _ in trunk.named_parameters(recurse=False)}
    depth = 0
    for name, child in trunk.named_children():
        parts = child.named_children() if isinstance(child, CONTAINERS) else [("", child)]
        for part_name, part in parts:
            prefix = f"{name}.{part_name}." if part_name else f"{name}."
            inside = [prefix + key for key, _ in part.named_parameters()]
            depths.update(dict.fromkeys(inside, depth))
            depth += bool(inside)
    return depths


def _share_out(module: nn.Module, group_of: dict[int, int], groups: dict[int, list[nn.Module]]) -> None:
    """Append to each group the largest modules whose parameters all belong to it."""
    inside = {group_of[id(parameter)] for parameter in module.parameters()}
    if len(inside) == 1:
        groups[inside.pop()].append(module)
        return
    for parameter in module.parameters(recurse=False):
        groups[group_of[id(parameter)]].append(nn.ParameterList([parameter]))
    for child in module.children():
        _share_out(child, group_of, groups)
