"""Metadata properties of the ONNX files that `infer export` writes."""

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from common.models.crop_settings import CropSettings
from common.models.fused.fusion import Fusion
from common.models.input_format import InputFormat, Means, Scales
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.runtime.command_line import printable
from common.runtime.errors import UserError
from infer.models.model import Threshold
from infer.models.onnx_properties import FORMAT_KEY, OnnxProperties
from infer.models.text import Text

FORMAT: Final = "facetrust-onnx-1"
FORMAT_FAMILY = "facetrust-onnx-"
CLASSIFIER_FAMILY = f"{FORMAT_FAMILY}classification-"
INPUT, OUTPUT = "crops", "embedding"


class MeasuredLoss(BaseModel):
    """The error rates of a file, and of the model it was made from, on the same crops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: Text  # name of the set
    genuine: int = Field(ge=0)  # pairs
    impostors: int = Field(ge=0)
    eer_before: float = Field(ge=0, le=1)  # of the torch model, fp32, with mirror images
    eer: float = Field(ge=0, le=1)  # of the file
    threshold_before: FiniteFloat  # of these EERs
    threshold: FiniteFloat


class OnnxMetadata(OnnxProperties):
    """The metadata of the file of an encoder.

    The input `crops` is (N, 3, size, size) uint8 RGB in 0..255, the output `embedding` (N, D) float32 of unit
    length. What stands in `backbone_colour`, `mean` and `scale` is done in the file.
    """

    format: Literal["facetrust-onnx-1"] = FORMAT
    colour: Literal["RGB"] = "RGB"  # of what is given to the file
    size: int = Field(ge=16, le=1024)  # pixels, both sides
    backbone: Text = Field(max_length=200)
    backbone_colour: Literal["RGB", "BGR"]
    mean: Means  # of R, G and B
    scale: Scales
    mirror: bool  # whether the embedding is averaged over crop and mirror image
    precision: Literal["fp32", "fp16", "int8"]
    opset: int
    threshold: FiniteFloat | None = Field(None, ge=-1, le=1)  # accept similarity >= threshold
    threshold_source: Text = Field("", max_length=1000)
    trained_on: Text = Field("", max_length=10_000)
    threshold_doubt: Text = Field("", max_length=1000)  # why it is not to be relied on
    threshold_chosen_on: Text = Field("", max_length=64)  # fingerprint of pairs
    eer: FiniteFloat | None = Field(None, ge=0, le=1)  # on the validation pairs of the training
    synthetic: SyntheticTraining | None = None  # what it was trained against
    validated: ValidationFacts | None = None  # what the EER rests on
    eer_on: MeasuredLoss | None = None  # of pairs that were given to the export
    crops: CropSettings | None = None  # how those of the training were made; None: not known
    fusion: Fusion | None = None  # how two towers make the embeddings; None: it is one network

    @property
    def input_format(self) -> InputFormat:
        """What the backbone within takes."""
        return InputFormat(size=self.size, colour=self.backbone_colour, mean=self.mean, scale=self.scale)

    @property
    def own_threshold(self) -> Threshold | None:
        """The threshold of the file, if it has one."""
        if self.threshold is None:
            return None
        return Threshold(
            self.threshold, self.threshold_source, self.threshold_doubt, self.threshold_chosen_on
        )


def read_metadata(path: Path, properties: dict[str, str]) -> OnnxMetadata | None:
    """The metadata of a file, None for one that `infer export` did not write.

    Raises UserError when it is of another version, a classifier's, or damaged.
    """
    stated = properties.get(FORMAT_KEY, "")
    if stated.startswith(CLASSIFIER_FAMILY):
        raise UserError(f"{path} is a classifier, not a face encoder, which is needed here; name another")
    if not stated.startswith(FORMAT_FAMILY):
        return None
    if stated != FORMAT:
        raise UserError(f"{path} is of format {printable(stated[:40])}, not {FORMAT}; export it anew")
    return OnnxMetadata.read(path, properties)
