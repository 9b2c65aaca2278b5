"""The checkpoint of a masked pre-training: a network of timm without a head, for others to start from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from common.metrics.figures import PRETRAINING
from common.models.checkpoint import is_checkpoint, read_header, read_info, read_standing, write_checkpoint
from common.models.crop_settings import CropSettings
from common.models.input_format import InputFormat
from common.models.plane_names import RGB, PlaneNames
from common.models.standing import Standing
from common.models.weights.container import read_state_dict

FAMILY = f"facetrust-{PRETRAINING}-"
FORMAT = f"{FAMILY}1"
Target = Literal["rgb", "planes"]


class PretrainingInfo(BaseModel):
    """What the checkpoint of a pre-training says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    network: str  # as `create_network` names it, without what stands over its features
    input_format: InputFormat
    planes: PlaneNames = RGB
    patch: int = Field(ge=1)  # pixels of a side of a masked place
    ratio: Annotated[float, Field(gt=0, lt=1)]  # of the places
    mask_before: bool  # whether the crop was masked, or all planes of it
    target: Target = "rgb"
    recipe: str = ""
    crops: CropSettings | None = None  # how the crops that it was trained on were taken; None: not known
    trained_on: str = ""  # for people
    data: str = ""  # fingerprint of what it was trained on


@dataclass(frozen=True)
class LoadedPretraining:
    """The weights of a pre-training, and what its checkpoint says."""

    tensors: dict[str, Tensor]  # in timm's names, of the network without a layer of classes
    info: PretrainingInfo
    standing: Standing  # epoch, run, and the figures of its validation


def save_pretraining(path: Path, trunk: nn.Module, info: PretrainingInfo, standing: Standing) -> None:
    """Write the weights of a network of timm, `info` and `standing`, atomically.

    Raises OSError when the file cannot be written.
    """
    write_checkpoint(path, trunk, FORMAT, info=info, standing=standing)


def is_pretraining(path: Path) -> bool:
    """Whether a file says that it is a pre-training of facetrust, of any version; its name does not matter.

    Raises UserError when the file may not be read, or its header cannot be.
    """
    return is_checkpoint(path) and str(read_header(path).get("format", "")).startswith(FAMILY)


def read_pretraining_info(path: Path) -> PretrainingInfo:
    """The header of a pre-training's checkpoint, without its weights. Raises UserError for any other file."""
    return read_info(path, PretrainingInfo, FORMAT, "train pretrain")


def load_pretraining(path: Path) -> LoadedPretraining:
    """The weights of a checkpoint, on the CPU. Raises UserError when it is no whole one of a pre-training."""
    info = read_pretraining_info(path)
    return LoadedPretraining(read_state_dict(path), info, read_standing(path))
