"""A facetrust checkpoint: one safetensors file that holds the weights and, in its header, what they need."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder, InputFormat
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.models.weights.container import read_state_dict
from common.models.weights.fit import load_weights
from common.models.weights.refusal import inspect_weights, refusal
from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import Kind

FORMAT = "facetrust-encoder-1"
SUFFIX = ".safetensors"


class CheckpointInfo(BaseModel):
    """What a checkpoint says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    backbone: str
    input_format: InputFormat
    threshold: float | None  # accept similarity >= threshold: the validation EER's own
    eer: float | None  # on the validation pairs
    accuracy: float | None
    epoch: int
    step: int
    run: str
    validation: str  # fingerprint of the validation pairs: only equal ones make EERs comparable
    trained_on: str = ""  # for people; empty in checkpoints of earlier versions, which lack the following too
    crops: CropSettings | None = None  # how the crops that it was trained on were taken; None: not known
    synthetic: SyntheticTraining | None = None  # None: not known
    validated: ValidationFacts | None = None  # what `eer` and `threshold` rest on; None: not known


def save_checkpoint(path: Path, encoder: Encoder, info: CheckpointInfo) -> None:
    """Write weights and `info` atomically. Raises OSError when the file cannot be written."""
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in encoder.backbone.state_dict().items()
    }
    header = {"format": FORMAT, "info": info.model_dump_json()}
    write_atomically(path, lambda temporary: save_file(tensors, temporary, metadata=header))


def is_checkpoint(path: Path) -> bool:
    """Whether a file is a safetensors file with a facetrust header, of any version; its name does not matter.

    Raises UserError when the file may not be read, or its header cannot be.
    """
    if not path.is_file():
        return False
    content = inspect_weights(path)
    if content.kind is not Kind.SAFETENSORS or content.damage:
        return False
    return str(_read_header(path).get("format", "")).startswith("facetrust-")


def read_checkpoint_info(path: Path) -> CheckpointInfo:
    """The header of a checkpoint, without its weights. Raises UserError for any other file."""
    header = _read_header(path)
    if header.get("format") != FORMAT:
        raise UserError(f"{path} is not a checkpoint of this version of facetrust ({FORMAT})")
    try:
        return CheckpointInfo.model_validate(json.loads(header["info"]))
    except (KeyError, json.JSONDecodeError, ValidationError) as error:
        raise UserError(f"{path} has a damaged header; use another checkpoint") from error


def _read_header(path: Path) -> dict[str, Any]:
    try:
        # "pt" opens the file twice, and says RuntimeError where another run removes it in between
        with safe_open(path, framework="numpy") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        content = inspect_weights(path)
        if content.kind is not Kind.SAFETENSORS:
            raise UserError(
                f"{path} is {content.text}, and no checkpoint of facetrust, which is a safetensors file"
            ) from error
        raise refusal(path, replace(content, damage=content.damage or first_line(error))) from error


def load_checkpoint(path: Path) -> tuple[Encoder, CheckpointInfo]:
    """The encoder of a checkpoint, in eval mode on the CPU, and its header.

    Raises UserError when the file is not a whole facetrust checkpoint, or its weights are not finite.
    """
    info = read_checkpoint_info(path)
    try:
        encoder = Encoder(info.backbone, info.input_format)
    except UserError as error:
        raise UserError(
            f"{path} needs the backbone '{info.backbone}', which is not to be had here: {error}"
        ) from error
    load_weights(encoder.backbone, read_state_dict(path), source=str(path))
    return encoder.eval(), info
