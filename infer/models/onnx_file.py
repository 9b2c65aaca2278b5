"""Reader of untrusted ONNX files, which are bounded and checked before ONNX Runtime sees them."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from numpy.typing import NDArray
from onnx import ModelProto

from common.models.weights.refusal import inspect_weights, refusal
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import Kind
from common.runtime.onnx_tensors import keeps_data_outside, tensors

EXPECTED = (
    "a face recogniser has one input, (N, 3, S, S) or (N, S, S, 3) float32, and one output with embeddings, "
    "(N, D) or (N, D, 1, 1), beside which only numbers such as their norm may stand"
)
FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
LONGEST = 16_384  # numbers in an embedding
LARGEST = 2**31 - 1  # bytes; what protobuf can hold


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX network without external data.

    Attributes:
        path: for people.
        content: the bytes that were judged; a session is opened on them and not on the file once more.
        model: the same, parsed.
    """

    path: Path
    content: bytes = field(repr=False)
    model: ModelProto = field(repr=False)

    @property
    def properties(self) -> dict[str, str]:
        """The metadata properties."""
        return {entry.key: entry.value for entry in self.model.metadata_props}


def read_onnx(path: Path) -> OnnxFile:
    """Read and judge a file; nothing is run.

    Raises UserError that says what it is when it is no ONNX network or a damaged one, and when there is none,
    it is larger than 2 GB, or it keeps weights in other files: such a name could lead to any file of this
    machine.
    """
    found = inspect_weights(path)
    if found.damage or found.kind not in (Kind.ONNX, Kind.PROTOBUF, Kind.UNKNOWN):
        raise refusal(path, found)
    if path.stat().st_size > LARGEST:
        raise UserError(f"{path} is larger than 2 GB; ONNX files are not")
    content = path.read_bytes()
    try:
        model = onnx.load_model_from_string(content)
    except (DecodeError, ValueError) as error:
        if found.kind is Kind.ONNX:
            found = replace(found, damage=first_line(error))
        raise refusal(path, found) from error
    if not model.graph.node or not model.graph.output:
        if found.kind is not Kind.ONNX:
            raise refusal(path, found)
        raise UserError(f"{path} is an ONNX file without a network: it has no nodes or no outputs")
    if any(keeps_data_outside(tensor) for tensor in tensors(model)):
        raise UserError(
            f"{path} keeps weights in other files, which is not read; make one file of it with "
            "onnx.save_model(onnx.load(FILE), OTHER)"
        )
    return OnnxFile(path, content, model)


def run_network(
    session: onnxruntime.InferenceSession, images: NDArray[Any], path: Path, output: str | None = None
) -> NDArray[np.float32]:
    """The output of this name, or the only one, of a network for its only input: (N, D) for N images.

    Axes of length one behind the first are left out. Raises UserError when it does not run, or gives
    something else.
    """
    (found,) = run_outputs(session, images, path, None if output is None else [output])
    if np.ndim(found) > 2 and len(found) and max(found.shape[1:]) * len(found) == found.size:
        found = found.reshape(len(found), -1)
    if np.ndim(found) != 2 or len(found) != len(images) or not 1 <= found.shape[1] <= LONGEST:
        raise UserError(f"{path} gives {np.shape(found)} for {len(images)} crop(s); {EXPECTED}")
    if found.dtype.kind != "f":
        raise UserError(f"{path} gives numbers of type {found.dtype}; {EXPECTED}")
    return np.asarray(found, np.float32)


def run_outputs(
    session: onnxruntime.InferenceSession, images: NDArray[Any], path: Path, names: list[str] | None = None
) -> list[Any]:
    """All outputs of a network for its only input, or those named. Raises UserError if it does not run."""
    image = session.get_inputs()[0]
    dtype = FLOATS.get(image.type, np.uint8)
    try:
        found: list[Any] = session.run(names, {image.name: np.ascontiguousarray(images, dtype)})
    except Exception as error:  # onnxruntime has a dozen classes for it, none of them public
        raise UserError(f"{path} does not run on {len(images)} crop(s): {first_line(error)}") from error
    return found
