"""Metadata properties of the ONNX files that `infer export` writes of classifiers."""

from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.models.classifier_checkpoint import ClassifierInfo, OperatingPoint, Probability
from common.models.crop_settings import CropSettings
from common.models.input_format import InputFormat, Means, Positive, Scales
from common.models.plane_names import RGB, PlaneNames
from common.models.temporal_names import Temporal
from common.models.training_facts import PseudoTraining, SyntheticTraining
from common.runtime.command_line import printable
from common.runtime.errors import UserError
from infer.models.onnx_metadata import CLASSIFIER_FAMILY
from infer.models.onnx_properties import FORMAT_KEY, OnnxProperties
from infer.models.text import Text

FORMAT: Final = "facetrust-onnx-classification-1"
OUTPUT = "logit"


class MeasuredClassifierLoss(BaseModel):
    """The AUC of a file, and of the model it was made from, on the same crops."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    faces: Text  # name of the set
    bona_fide: int = Field(ge=0)  # faces
    synthetic: int = Field(ge=0)
    auc_before: float = Field(ge=0, le=1)  # of the torch model, fp32, with mirror images
    auc: float = Field(ge=0, le=1)  # of the file


class OnnxClassifierMetadata(OnnxProperties):
    """The metadata of the file of a classifier.

    The input `crops` is (N, 3, size, size) uint8 RGB in 0..255, the output `logit` (N,) float32, not
    calibrated: P(synthetic) = sigmoid(logit / temperature). What stands in `network_colour`, `mean` and
    `scale` is done in the file.
    """

    format: Literal["facetrust-onnx-classification-1"] = FORMAT
    kind: Literal["classification"] = "classification"
    positive: Literal["synthetic"] = "synthetic"  # what a logit above 0 means
    colour: Literal["RGB"] = "RGB"  # of what is given to the file
    size: int = Field(ge=16, le=1024)  # pixels, both sides
    network: Text = Field(max_length=200)
    network_colour: Literal["RGB", "BGR"]
    mean: Means  # of R, G and B
    scale: Scales
    planes: PlaneNames = RGB  # what the network sees of a crop; made in the file
    temporal: Literal["mean", "topk"] = "mean"  # of the logits of a track's frames
    mirror: bool  # whether the logit is averaged over crop and mirror image
    precision: Literal["fp32", "fp16", "int8"]
    opset: int
    temperature: Positive
    threshold: Probability  # synthetic from this P(synthetic) on
    threshold_source: Text = Field("", max_length=2000)
    undecided: tuple[Probability, Probability]  # no verdict from the first to below the second
    recipe: Text = Field("", max_length=200)
    trained_on: Text = Field("", max_length=10_000)
    synthetic: SyntheticTraining | None = None  # what it has seen of synthetic faces
    pseudo: PseudoTraining | None = None  # what it was taught by other models' guesses
    auc_on: MeasuredClassifierLoss | None = None  # of faces that were given to the export
    crops: CropSettings | None = None  # how those of the training were made; None: not known

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        _ = self.point  # raises ValueError for a band that ends below its beginning
        return self

    @property
    def point(self) -> OperatingPoint:
        """How a logit becomes a verdict."""
        return OperatingPoint(
            temperature=self.temperature,
            threshold=self.threshold,
            threshold_from=self.threshold_source,
            undecided=self.undecided,
        )

    @property
    def info(self) -> ClassifierInfo:
        """What a checkpoint would say of it."""
        return ClassifierInfo(
            network=self.network,
            input_format=InputFormat(
                size=self.size, colour=self.network_colour, mean=self.mean, scale=self.scale
            ),
            planes=self.planes,
            temporal=Temporal(self.temporal),
            recipe=self.recipe,
            point=self.point,
            crops=self.crops,
            trained_on=self.trained_on,
            synthetic=self.synthetic,
            pseudo=self.pseudo,
        )


def metadata_of(info: ClassifierInfo, mirror: bool, precision: str, opset: int) -> OnnxClassifierMetadata:
    """The metadata of a file that a classifier becomes."""
    pixels, point = info.input_format, info.point
    return OnnxClassifierMetadata.model_validate(
        {
            "size": pixels.size,
            "network": info.network,
            "network_colour": pixels.colour,
            "mean": pixels.mean,
            "scale": pixels.scale,
            "planes": info.planes,
            "temporal": info.temporal.value,
            "mirror": mirror,
            "precision": precision,
            "opset": opset,
            "temperature": point.temperature,
            "threshold": point.threshold,
            "threshold_source": point.threshold_from,
            "undecided": point.undecided,
            "recipe": info.recipe,
            "trained_on": info.trained_on,
            "synthetic": info.synthetic,
            "pseudo": info.pseudo,
            "crops": info.crops,
        }
    )


def read_classifier_metadata(path: Path, properties: dict[str, str]) -> OnnxClassifierMetadata:
    """The metadata of a classifier's file. Raises UserError for any other, another version, and damage."""
    stated = properties.get(FORMAT_KEY, "")
    if not stated.startswith(CLASSIFIER_FAMILY):
        raise UserError(
            f"{path} is no classifier that 'infer export' wrote; name such a file, or a checkpoint of "
            "'python -m train classifier'"
        )
    if stated != FORMAT:
        raise UserError(f"{path} is of format {printable(stated[:40])}, not {FORMAT}; export it anew")
    return OnnxClassifierMetadata.read(path, properties)
