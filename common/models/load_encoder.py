"""Loading of the encoder that `--pretrained` or `--model` names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from common.models.backbones import BACKBONES, FACE_SIZE
from common.models.checkpoint import CheckpointInfo, is_checkpoint, load_checkpoint, read_checkpoint_info
from common.models.encoder import Encoder
from common.models.input_format import InputFormat, default_input_format
from common.models.weights.container import read_state_dict
from common.models.weights.fit import compare, describe, load_weights, shapes_of
from common.models.weights.layouts import FACETRUST, Colour, Layout, layout_of
from common.models.weights.recognise import Recognised, View, backbone_shapes, best_view, nearest, recognise
from common.models.weights.source import WeightsFile, locate
from common.runtime.errors import ParameterError, UserError

SUMMARISED_KEYS = 3


@dataclass(frozen=True)
class Wanted:
    """What a caller asks of weights; None takes what the file is."""

    backbone: str | None = None
    size: int | None = None  # pixels, both sides of the crops
    colour: Colour | None = None
    partial: bool = False  # take what fits, leave the rest random


ANYTHING = Wanted()


@dataclass(frozen=True)
class LoadedEncoder:
    """An encoder, in eval mode on the CPU, and what its weights were."""

    encoder: Encoder
    layout: Layout
    info: CheckpointInfo | None = None  # of a facetrust checkpoint
    missing: tuple[str, ...] = ()  # keys of the backbone that keep their random values
    unused: tuple[str, ...] = ()  # keys of the file that went nowhere

    @property
    def summary(self) -> str:
        """One line for people: backbone, layout, input, and what was left out."""
        wants = self.encoder.input_format
        text = f"{self.encoder.backbone_name} from {self.layout.description}, {wants.colour} {wants.size} px"
        if self.missing:
            text += f"; {len(self.missing)} tensors stay random ({_first(self.missing)})"
        if self.unused:
            text += f"; {len(self.unused)} of the file are not used ({_first(self.unused)})"
        return text


def load_encoder(source: str, wanted: Wanted = ANYTHING) -> LoadedEncoder:
    """The encoder that `source` names.

    Args:
        source: a path, a name of `published.PUBLISHED`, or `hf:OWNER/NAME[@REVISION][/FILE]`.
            The file is a facetrust checkpoint, which brings backbone and input format along, or the weights
            of a known backbone as CVLFace, AdaFace, insightface's arcface_torch or anybody else saves them:
            keys and shapes tell which, see `recognise`, and layout and publisher tell the colour order.
        wanted: what the weights have to be, or with `partial` what they are to become a part of. A backbone
            outside the registry (`timm:NAME`) has to be named here.

    Raises UserError when nothing of that name is to be had, the file is not safe or not whole, its weights
    are not those wanted, or are not finite.
    """
    return load_located(locate(source), source, wanted)


def load_located(file: WeightsFile, source: str, wanted: Wanted = ANYTHING) -> LoadedEncoder:
    """The encoder of a file that `locate(source)` found; see `load_encoder`."""
    info = read_checkpoint_info(file.path) if is_checkpoint(file.path) else None
    if info is not None and _is_wanted(Recognised(info.backbone, info.input_format.size, ""), wanted):
        if wanted.colour not in (None, info.input_format.colour):
            raise ParameterError(
                "{} was trained on {}, as it says itself; leave {colour} out",
                source,
                info.input_format.colour,
            )
        return LoadedEncoder(load_checkpoint(file.path)[0], FACETRUST, info)

    tensors = read_state_dict(file.path)
    backbone, size, view = _place(source, tensors, wanted, info)
    layout = FACETRUST if info else layout_of(backbone, view.file_prefix)
    if info is not None:
        format_found = info.input_format
    else:
        format_found = _input_format(backbone, size, file.colour or layout.colour)
    changes = {"size": size, "colour": wanted.colour or format_found.colour}
    encoder = Encoder(backbone, format_found.model_copy(update=changes))

    own = encoder.backbone.state_dict().keys()
    behind_prefix = {key: tensor for key, tensor in view.renamed(tensors).items() if key in own}
    comparison = load_weights(encoder.backbone, behind_prefix, source, partial=wanted.partial)
    cut, used = len(view.network_prefix), set(comparison.fitting)
    used_of_file = {view.file_prefix + key[cut:] for key in used}
    return LoadedEncoder(
        encoder.eval(),
        layout,
        missing=comparison.missing + comparison.other_shape,
        unused=tuple(key for key in tensors if key not in used_of_file),
    )


def _is_wanted(found: Recognised, wanted: Wanted) -> bool:
    return wanted.backbone in (None, found.backbone) and wanted.size in (None, found.size)


def _place(
    source: str, tensors: Mapping[str, Tensor], wanted: Wanted, info: CheckpointInfo | None
) -> tuple[str, int, View]:
    """The backbone that the tensors go to, its size of crop, and how their names translate."""
    if info is not None:
        found: Recognised | None = Recognised(info.backbone, info.input_format.size, "")
    else:
        names = dict.fromkeys([*BACKBONES, *([wanted.backbone] if wanted.backbone else [])])
        found = recognise(tensors, names, wanted.size)
    if found is not None and _is_wanted(found, wanted):
        return found.backbone, found.size, View(found.prefix, "")
    if not wanted.partial:
        raise UserError(_refusal(source, tensors, found, wanted))
    backbone = wanted.backbone or (found.backbone if found else None)
    if backbone is None:
        raise UserError(f"{source} is of no known backbone; say with --backbone what to load it into")
    size = wanted.size or FACE_SIZE
    return backbone, size, best_view(tensors, backbone_shapes(backbone, size))


def _input_format(backbone: str, size: int, colour: Colour) -> InputFormat:
    return default_input_format(backbone, size).model_copy(update={"colour": colour})


def _refusal(source: str, tensors: Mapping[str, Tensor], found: Recognised | None, wanted: Wanted) -> str:
    """Why weights are not those wanted, and what to do."""
    if found is not None and wanted.backbone not in (None, found.backbone):
        return f"{source} is a {found.backbone}; add --backbone {found.backbone}"
    if found is not None:
        return (
            f"{source} takes crops of {found.size} pixels, not of {wanted.size}; "
            f"align with --size {found.size}, or take what fits with --partial"
        )
    if wanted.backbone is not None:
        size = wanted.size or FACE_SIZE
        name, expected = wanted.backbone, backbone_shapes(wanted.backbone, size)
        view = best_view(tensors, expected)
        told = f"{source} does not fit {name}"
    elif (close := nearest(tensors)) is not None:
        name, view = close
        expected = backbone_shapes(name)
        told = f"{source} holds the weights of no backbone that facetrust knows; the nearest is {name}"
    else:
        return (
            f"{source} holds the weights of no backbone that facetrust knows ({_first(tuple(tensors))}); "
            "those of a timm model need --backbone timm:NAME"
        )
    shapes = shapes_of(view.renamed(tensors))
    differs = describe(compare(expected, shapes), expected, shapes)
    return f"{told} ({differs}); in training, --backbone {name} --partial takes what fits"


def _first(keys: Sequence[str]) -> str:
    return ", ".join(keys[:SUMMARISED_KEYS]) + (" ..." if len(keys) > SUMMARISED_KEYS else "")
