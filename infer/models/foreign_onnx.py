"""ONNX face recognisers of other projects: their input, as far as the file tells it, and inference."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto

from common.models.backbones import FACE_SIZE
from common.models.input_format import MIDDLE, InputFormat
from common.runtime.command_line import printable
from common.runtime.errors import UserError
from common.runtime.onnx_tensors import tensors
from infer.models.onnx_file import EXPECTED, FLOATS, run_network, run_outputs
from infer.models.unit_length import to_unit_length

SCALING_NODES = 8  # leading nodes searched for built-in scaling, as insightface does
SUBTRACTIONS, MULTIPLICATIONS = ("Sub", "_minus"), ("Mul", "_mul")
QUANTISED = {"DequantizeLinear", "QLinearConv", "ConvInteger", "MatMulInteger"}
PROBE = 2  # crops; whether a file that does not fix the number of images really takes several


@dataclass(frozen=True)
class ForeignNetwork:
    """A network that takes one float image after another or several at once.

    Attributes:
        channels_last: whether images are (S, S, 3) and not (3, S, S).
        one_by_one: whether it takes one image at a time.
        output: name of the one with embeddings.
    """

    path: Path
    session: onnxruntime.InferenceSession
    input_format: InputFormat
    channels_last: bool
    one_by_one: bool
    embedding_size: int = 0
    output: str = ""

    def embed(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, S, S, 3) RGB crops to (N, D) embeddings of unit length, averaged over the mirror image.

        Not finite where the network gives zeros or what is not finite.
        """
        both = to_unit_length(self.run(crops)) + to_unit_length(self.run(crops[:, :, ::-1]))
        return to_unit_length(both)

    def run(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, D) outputs of the network, of any length, for (N, S, S, 3) RGB crops."""
        images = self.prepare(crops)
        if self.one_by_one:
            rows = [run_network(self.session, image[None], self.path, self.output) for image in images]
            return np.concatenate(rows)
        return run_network(self.session, images, self.path, self.output)

    def prepare(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, S, S, 3) RGB crops, normalised and in the layout of the network."""
        mean, scale = (
            np.array(given, np.float32) for given in (self.input_format.mean, self.input_format.scale)
        )
        images = (crops.astype(np.float32) - mean) / scale
        if self.input_format.colour == "BGR":
            images = images[..., ::-1]
        return images if self.channels_last else images.transpose(0, 3, 1, 2)


def open_foreign(
    path: Path, session: onnxruntime.InferenceSession, model: ModelProto, noted: InputFormat | None
) -> tuple[ForeignNetwork, tuple[str, ...]]:
    """The network of a file that says nothing of its input but its shape, and what was taken for granted.

    What is `noted` for the file goes before everything assumed. Where neither says, it is insightface's rule
    (`ArcFaceONNX` in its model_zoo/arcface_onnx.py): RGB; pixels unscaled where the first nodes subtract and
    multiply, else to [-1, 1].

    Raises UserError when it is no face recogniser, or the notes contradict the file.
    """
    image = _only_image(path, session)
    batch, *sides = (side if isinstance(side, int) and side > 0 else None for side in image.shape)
    channels_last = sides[0] != 3 and sides[2] == 3
    height, width = sides[:2] if channels_last else sides[1:]
    if (sides[2] if channels_last else sides[0]) not in (3, None) or batch not in (None, 1):
        raise UserError(f"{path} has the input {_told(image)}; {EXPECTED}, N any number or 1")
    given = {side for side in (height, width) if side is not None}
    if len(given) > 1 or any(not 16 <= side <= 1024 for side in given):
        raise UserError(
            f"{path} takes images of {width}x{height} pixels; crops are square, 16 to 1024 pixels"
        )
    input_format, assumed = _settle_format(path, model, noted, given.pop() if given else None)
    network = ForeignNetwork(path, session, input_format, channels_last, batch == 1)
    network, told = _with_output(network)
    return _probed(network), assumed + told


def precision_of(model: ModelProto) -> str:
    """What a network computes in: `int8`, `fp16` or `fp32`."""
    if any(node.op_type in QUANTISED for node in model.graph.node):
        return "int8"
    return "fp16" if any(tensor.data_type == TensorProto.FLOAT16 for tensor in tensors(model)) else "fp32"


def _only_image(path: Path, session: onnxruntime.InferenceSession) -> Any:
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in FLOATS or len(inputs[0].shape) != 4:
        told = ", ".join(map(_told, inputs[:4])) or "none"
        count = f"{len(inputs)} inputs" if len(inputs) > 1 else "the input"
        raise UserError(f"{path} has {count} {told}; {EXPECTED}")
    return inputs[0]


def _with_output(network: ForeignNetwork) -> tuple[ForeignNetwork, tuple[str, ...]]:
    """The same with the name of the output that embeds, by what it gives for a crop, and what was assumed.

    Exported recognisers give the embedding, and AdaFace's its norm as well, in either order.
    """
    side = network.input_format.size
    images = network.prepare(np.zeros((1, side, side, 3), np.uint8))
    outputs = network.session.get_outputs()
    shapes = [np.shape(found) for found in run_outputs(network.session, images, network.path)]
    embedding = [
        output
        for output, shape in zip(outputs, shapes, strict=True)
        if len(shape) > 1 and shape[0] == 1 and (len(outputs) == 1 or max(shape) > 1)
        if max(shape) == math.prod(shape)
    ]
    others = [output for output, shape in zip(outputs, shapes, strict=True) if math.prod(shape) > 1]
    if len(embedding) == 1 and others in ([], embedding):
        unused = ", ".join(printable(output.name[:40]) for output in outputs if output is not embedding[0])
        name = printable(embedding[0].name[:40])
        told = f"the embedding is the output {name}; {unused}, one number a crop, is not used"
        return replace(network, output=embedding[0].name), (told,) if unused else ()
    if len(outputs) == 1:
        raise UserError(f"{network.path} has the output {_told(outputs[0])}; {EXPECTED}")
    if len(embedding) > 1 and len(embedding) == len(others):
        names = ", ".join(map(_told, embedding[:4]))
        raise UserError(
            f"{network.path} has {len(embedding)} outputs that may be the embedding: {names}; "
            "keep one of them with onnx.utils.extract_model"
        )
    raise UserError(f"{network.path} has {len(outputs)} outputs, as detectors have; {EXPECTED}")


def _settle_format(
    path: Path, model: ModelProto, noted: InputFormat | None, side: int | None
) -> tuple[InputFormat, tuple[str, ...]]:
    """The input format, and what of it is assumed, in words; `side` is the size that the file fixes."""
    said = noted.model_dump(exclude_unset=True) if noted else {}
    if side is not None and said.get("size", side) != side:
        raise UserError(
            f"{path} takes crops of {side} pixels, but its notes say {said['size']}; mend the notes"
        )
    assumed = []
    if side is None and "size" not in said:
        assumed.append(f"crops of {FACE_SIZE} pixels, for the file takes any size")
    if "colour" not in said:
        assumed.append("RGB, as insightface's recognisers take")
    mean, scale = MIDDLE, MIDDLE
    reason = "pixels scaled by (value - 127.5) / 127.5, for the network does not begin with scaling"
    if _scales_itself(model):
        mean, scale = 0.0, 1.0
        reason = "pixels from 0 to 255 as they are, for the network begins with scaling them"
    if not {"mean", "scale"} <= said.keys():
        assumed.append(f"{reason} (insightface's rule)")
    defaults = {"size": side or FACE_SIZE, "mean": mean, "scale": scale}
    return InputFormat.model_validate(defaults | said), tuple(assumed)


def _scales_itself(model: ModelProto) -> bool:
    names = [node.name for node in model.graph.node[:SCALING_NODES]]
    return any(name.startswith(SUBTRACTIONS) for name in names) and any(
        name.startswith(MULTIPLICATIONS) for name in names
    )


def _probed(network: ForeignNetwork) -> ForeignNetwork:
    """The same with the length of its embedding, and known to take several images or to be given one."""
    side = network.input_format.size
    black = np.zeros((PROBE, side, side, 3), np.uint8)
    if not network.one_by_one:
        try:
            return replace(network, embedding_size=network.run(black).shape[1])
        except UserError:  # many exports leave N open and have a 1 within
            network = replace(network, one_by_one=True)
    return replace(network, embedding_size=network.run(black[:1]).shape[1])


def _told(value: Any) -> str:
    return printable(f"{value.name} {value.type} {value.shape}"[:200])
