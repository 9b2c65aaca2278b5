"""A facetrust checkpoint: one safetensors file that holds the weights and, in its header, what they need."""

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from common.metrics.figures import CLASSIFICATION, PAIRS, PRETRAINING, VERIFICATION, Ranking
from common.metrics.interval import Interval
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.models.input_format import InputFormat
from common.models.standing import Standing
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.models.weights.container import read_state_dict
from common.models.weights.fit import load_weights
from common.models.weights.refusal import inspect_weights, refusal
from common.runtime.atomic import write_atomically
from common.runtime.errors import UserError, first_line
from common.runtime.file_kinds import Kind

FORMAT = "facetrust-encoder-1"
KINDS = {  # what a file is by its format, for people
    "facetrust-encoder": "a face encoder",
    f"facetrust-{CLASSIFICATION}": "a classifier",
    f"facetrust-{PAIRS}": "a network of pairs",
    f"facetrust-{PRETRAINING}": "a pre-training",
    "facetrust-fusion": "a fused encoder",
}
SUFFIX = ".safetensors"
EER = Ranking("eer", "EER", mark="eer", better="lower")
ACCURACY = Ranking("accuracy", "accuracy", mark="acc", better="higher")  # at the threshold of the EER

Part = TypeVar("Part", bound=BaseModel)


class CheckpointInfo(BaseModel):
    """What the checkpoint of an encoder says of itself."""

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

    @property
    def standing(self) -> Standing:
        """What the leaderboard is to know of it."""
        low = high = None
        if self.validated is not None:
            low, high = self.validated.eer_low, self.validated.eer_high
        return Standing(
            task=VERIFICATION,
            network=self.backbone,
            run=self.run,
            epoch=self.epoch,
            step=self.step,
            validation=self.validation,
            rankings=(EER, ACCURACY),
            figures={"eer": self.eer, "accuracy": self.accuracy, "threshold": self.threshold},
            interval=None if low is None or high is None else Interval(low, high),
        )


def save_checkpoint(path: Path, encoder: Encoder, info: CheckpointInfo) -> None:
    """Write weights and `info` atomically. Raises OSError when the file cannot be written."""
    write_checkpoint(path, encoder.backbone, FORMAT, info=info)


def write_checkpoint(path: Path, network: nn.Module, format: str, **header: BaseModel) -> None:
    """Write the weights of a network of any task, and what its header says, as JSON by name; atomically.

    Of a header, `standing` is what the leaderboard reads. Raises OSError when the file cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    metadata = {"format": format} | {name: part.model_dump_json() for name, part in header.items()}
    write_atomically(path, lambda temporary: save_file(tensors, temporary, metadata=metadata))


def is_checkpoint(path: Path) -> bool:
    """Whether a file is a safetensors file with a facetrust header, of any version; its name does not matter.

    Raises UserError when the file may not be read, or its header cannot be.
    """
    if not path.is_file():
        return False
    content = inspect_weights(path)
    if content.kind is not Kind.SAFETENSORS or content.damage:
        return False
    return str(read_header(path).get("format", "")).startswith("facetrust-")


def read_checkpoint_info(path: Path) -> CheckpointInfo:
    """The header of a checkpoint, without its weights. Raises UserError for any other file."""
    return _info(path, read_header(path))


def read_standing(path: Path) -> Standing:
    """The standing of a checkpoint of any task. Raises UserError for any other file."""
    header = read_header(path)
    if "standing" not in header:
        return _info(path, header).standing
    return _part(path, header, "standing", Standing)


def read_info(path: Path, kind: type[Part], format: str, made_by: str) -> Part:
    """The `info` in the header of a checkpoint of one format, without its weights.

    Args:
        path: of the file.
        kind: what the header is validated as.
        format: that it must have.
        made_by: the command that makes one.

    Raises UserError for any other file.
    """
    return info_of(path, read_header(path), kind, format, made_by)


def info_of(path: Path, header: dict[str, Any], kind: type[Part], format: str, made_by: str) -> Part:
    """As `read_info`, of a header that was read."""
    if header.get("format") != format:
        raise UserError(
            f"{path} is {_other_than(header, format)}; make one with 'python -m {made_by}', or name another"
        )
    return _part(path, header, "info", kind)


def _other_than(header: dict[str, Any], format: str) -> str:
    family, wanted = (each.rpartition("-")[0] for each in (str(header.get("format", "")), format))
    if family in KINDS and family != wanted:
        return f"{KINDS[family]}, not {KINDS[wanted]}"
    return f"not {KINDS[wanted]} of this version of facetrust ({format})"


def _part(path: Path, header: dict[str, Any], name: str, kind: type[Part]) -> Part:
    try:
        return kind.model_validate_json(header[name])
    except (KeyError, ValidationError) as error:
        raise UserError(f"{path} has a damaged header; use another checkpoint") from error


def _info(path: Path, header: dict[str, Any]) -> CheckpointInfo:
    if header.get("format") != FORMAT:
        if "standing" in header and (task := read_standing(path).task) != VERIFICATION:
            hint = "; 'python -m infer pairs' takes it" if task == PAIRS else ""
            raise UserError(
                f"{path} is a checkpoint of the task {task}, not of a face encoder, which is needed "
                f"here{hint}"
            )
        raise UserError(f"{path} is not a checkpoint of this version of facetrust ({FORMAT})")
    return _part(path, header, "info", CheckpointInfo)


def read_header(path: Path) -> dict[str, Any]:
    """The texts in the header of a safetensors file, by name. Raises UserError for any other file."""
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
