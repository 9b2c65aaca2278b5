"""Published weights as the start of a classifier: those of timm, or a file that has timm's names."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor, nn

from common.models.backbones.timm_names import PREFIX, timm_size
from common.models.backbones.timm_trunk import FAILURES
from common.models.networks.network import ClassifierNetwork
from common.models.networks.pyramid import PyramidNetwork
from common.models.networks.timm_name import DEPTHS, split_name
from common.models.networks.timm_network import TimmNetwork
from common.models.networks.timm_options import create_timm
from common.models.networks.titan_names import from_titan, has_titan_names
from common.models.pretraining_checkpoint import LoadedPretraining
from common.models.weights.container import read_state_dict
from common.models.weights.fit import compare, describe, load_weights, shapes_of
from common.models.weights.hub import HUB_PREFIX
from common.models.weights.source import locate
from common.runtime.errors import UserError, first_line

TIMM = "timm"  # the source of what timm itself publishes
FREE = ("apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0")  # licences that leave use free
UNNAMED = (None, "", "unknown", "other")
MOST_CLASSES = 30_000  # of a last layer; those of the largest published files are 21,843
NAMED_KEYS = 3  # of a file that is of another network


def load_initial(network: ClassifierNetwork, name: str, source: str) -> str:
    """Fill a network with weights trained on other pictures, except its last layer; one line that tells so.

    Args:
        network: what `create_network(name, …)` gave, of any size of crop: positions are resampled.
        name: of that network.
        source: "timm" for what timm publishes under that name; or a file in timm's names or in those of
            `titan_names`, as a path or as `hf:OWNER/NAME[@REVISION][/FILE]`.

    Raises UserError for a network that is not of timm, when there is no such file or it is refused, when it
    does not fit the network, its depths and its channels, and when a weight is no finite number.
    """
    if not isinstance(network, TimmNetwork | PyramidNetwork):
        raise UserError(f"{name} has no published weights; leave --pretrained out, or choose {PREFIX}NAME")
    parts = split_name(name.removeprefix(PREFIX))
    plain = parts.plain
    if source == TIMM and parts.depths:
        raise UserError(
            f"timm publishes weights of {PREFIX}{plain} for its own depths; leave --pretrained out, or "
            f"{DEPTHS} out of the name"
        )
    place = published_by_timm(plain) if source == TIMM else source
    tensors: Mapping[str, Tensor] = read_state_dict(locate(place).path)
    if has_titan_names(tensors):
        tensors = from_titan(tensors)
    head = _head_of(plain)
    classes = next((len(tensors[key]) for key in head if key in tensors and tensors[key].ndim), 0)
    if classes > MOST_CLASSES:
        raise UserError(
            f"{place} has a last layer of {classes} classes, more than {MOST_CLASSES}; use another file"
        )
    own = {key: value for key, value in network.options.items() if key in ("depths", "in_chans")}
    _check(plain, own, place, tensors, classes)

    filled = _create(plain, network.options, tensors, classes)
    part: nn.Module = network.backbone if isinstance(network, PyramidNetwork) else network.model
    taken = {key: value for key, value in filled.state_dict().items() if key not in head}
    load_weights(part, taken, place, partial=True)
    left = [key for key in head if key in tensors]
    text = f"{name} starts from {place}"
    if left:
        text += f"; its layer of {classes} classes is left out ({', '.join(left)})"
    note = licence_note(name) if source == TIMM else None
    return f"{text}; {note}" if note else text


def fill_trunk(trunk: nn.Module, name: str, options: dict[str, Any], pretraining: LoadedPretraining) -> None:
    """Fill what is left of a network of timm, with the weights of its pre-training; positions are resampled.

    Args:
        trunk: with timm's names, of any size of crop; some layers may have been cut off.
        name: of the network in timm, without prefix.
        options: what it was made with, but for what was cut off.
        pretraining: of that network.

    Raises UserError where the weights are not of that network, or a weight is no finite number.
    """
    source = f"the pre-training of run {pretraining.standing.run}"
    try:
        filled = _create(name, options, pretraining.tensors, classes=0)
    except (*FAILURES, KeyError) as error:
        raise UserError(
            f"{source} does not fit {PREFIX}{name} here ({first_line(error)}); use another, or another "
            "backbone"
        ) from error
    load_weights(trunk, filled.state_dict(), source, partial=True)


def licence_note(name: str) -> str | None:
    """What is to be heeded of the licence of the weights that timm publishes for a network, for one line.

    None where their use is free, and where timm publishes none. Raises UserError for a name that timm does
    not know.
    """
    if not name.startswith(PREFIX):
        return None
    stated = _stated(split_name(name.removeprefix(PREFIX)).plain)
    licence = None if stated is None else stated.license
    if stated is None or not stated.has_weights or licence in FREE:
        return None
    if licence in UNNAMED:
        return "timm states no licence of these weights; ask their authors before you use or pass on a model"
    if "-nc" in licence or "noncommercial" in licence:
        return (
            f"licence of these weights: {licence}, not for commercial use, nor is what is trained from them"
        )
    return f"licence of these weights: {licence}; read it before you use or pass on a model"


def _stated(plain: str) -> Any:
    import timm

    return timm.get_pretrained_cfg(plain)


def published_by_timm(plain: str) -> str:
    """Where on the hub timm publishes the weights of a network, as `locate` takes it.

    Raises UserError where it publishes none there.
    """
    stated = _stated(plain)
    if stated is None or not stated.hf_hub_id:
        import timm

        published = {name.partition(".")[0]: None for name in timm.list_models(pretrained=True)}
        near = get_close_matches(plain, published, 3)
        hint = f"; it does of {', '.join(PREFIX + name for name in near)}" if near else ""
        raise UserError(
            f"timm has no weights of {PREFIX}{plain} on the hub{hint}; name a file, or leave --pretrained out"
        )
    file = f"/{stated.hf_hub_filename}" if stated.hf_hub_filename else ""
    return f"{HUB_PREFIX}{stated.hf_hub_id}{file}"


def _head_of(plain: str) -> tuple[str, ...]:
    """The names of the parameters of the layer of classes."""
    stated = _stated(plain)
    layers = stated.classifier if stated is not None and stated.classifier else ()
    return tuple(
        f"{layer}.{part}"
        for layer in ((layers,) if isinstance(layers, str) else layers)
        for part in ("weight", "bias")
    )


def _check(plain: str, own: dict[str, Any], source: str, tensors: Mapping[str, Tensor], classes: int) -> None:
    """Raises UserError unless the tensors are all of those of timm's network, and nothing else.

    `own` is what of its options makes it another one than timm's, see `TimmName.options`.
    """
    options = {"num_classes": classes, **own}
    try:
        whole = _create(plain, options, tensors, classes)
    except (*FAILURES, KeyError) as error:
        with torch.device("meta"):
            expected = shapes_of(create_timm(plain, options).state_dict())
        found = shapes_of(tensors)
        comparison = compare(expected, found)
        told = describe(comparison, expected, found)
        if len(comparison.fitting) < len(expected) / 2:
            lacking = [key for key in expected if key not in comparison.fitting]
            told = f"it has no {', '.join(lacking[:NAMED_KEYS])} … of its shapes"
        raise UserError(
            f"{source} does not fit {PREFIX}{plain} ({told}); name weights of that network in timm's names"
        ) from error
    own = {key: tensor for key, tensor in tensors.items() if key in whole.state_dict()}
    load_weights(whole, own, source, partial=True)  # says which are whole numbers or not finite


def _create(plain: str, options: dict[str, Any], tensors: Mapping[str, Tensor], classes: int) -> Any:
    """The network of timm, filled by timm, which knows the older names of its own files."""
    overlay = {"state_dict": dict(tensors), "num_classes": classes}
    if "in_chans" in options:  # else timm makes kernels of three channels fit, whatever the others show
        side = timm_size(plain)
        overlay["input_size"] = (options["in_chans"], side, side)
    with torch.random.fork_rng(devices=[]), _quiet():  # the values that a run draws stay those of its seed
        return create_timm(plain, {**options, "pretrained_cfg_overlay": overlay}, pretrained=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without timm's warnings of names that a network without its last layers has no use for, and torch's."""
    logger = logging.getLogger("timm.models._builder")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
