"""The checkpoint of a classifier: weights, and in the header what makes a verdict of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from common.metrics.figures import CLASSIFICATION
from common.models.checkpoint import info_of, read_header, read_standing, write_checkpoint
from common.models.classifier import Classifier
from common.models.crop_settings import CropSettings
from common.models.input_format import InputFormat
from common.models.plane_names import RGB, PlaneNames
from common.models.pretraining_checkpoint import FAMILY as PRETRAININGS
from common.models.standing import Standing
from common.models.temporal_names import MOST_STEPS, USUAL_STEPS, Temporal
from common.models.training_facts import PseudoTraining, SyntheticTraining
from common.models.weights.container import read_state_dict
from common.models.weights.fit import load_weights
from common.runtime.errors import UserError

FORMAT = f"facetrust-{CLASSIFICATION}-1"
Probability = Annotated[FiniteFloat, Field(ge=0, le=1)]


class OperatingPoint(BaseModel):
    """How a logit becomes a verdict: P(synthetic) = sigmoid(logit / temperature), against a threshold.

    Faces of `undecided[0] <= P < undecided[1]` get no verdict; equal ends mean that each gets one.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    temperature: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    threshold: Probability = 0.5  # synthetic from here on
    threshold_from: str = "not chosen"  # for people: what decided it
    undecided: tuple[Probability, Probability] = (0.5, 0.5)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        low, high = self.undecided
        if low > high:
            raise ValueError("the undecided band ends below its beginning")
        if low < high and not low <= self.threshold <= high:
            raise ValueError("the undecided band lies beside the threshold")
        return self


class ClassifierInfo(BaseModel):
    """What the checkpoint of a classifier says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    network: str  # as `create_network` names it
    input_format: InputFormat
    planes: PlaneNames = RGB  # what the network sees of a crop
    temporal: Temporal = Temporal.MEAN  # what the frames of a track come to
    steps: int = Field(USUAL_STEPS, ge=1, le=MOST_STEPS)  # most frames of a sequence, where that is learnt
    recipe: str = ""  # the configuration that it was trained by
    positive: Literal["synthetic"] = "synthetic"  # what a logit above 0 means
    point: OperatingPoint = OperatingPoint()
    crops: CropSettings | None = None  # how the crops that it was trained on were taken; None: not known
    trained_on: str = ""  # for people
    trained_crops: int | None = None  # how many it was trained on; None: not known
    synthetic: SyntheticTraining | None = None  # what it has seen of synthetic faces; None: not known
    pseudo: PseudoTraining | None = None  # what it was taught by other models' guesses; None: nothing
    data: str = ""  # fingerprint of what it was trained on
    fold: str = ""  # which of the folds of its data was held out: "2 of 5"; empty for none
    pretraining: str = ""  # the run whose pre-training it started from, if any


@dataclass(frozen=True)
class LoadedClassifier:
    """A classifier, in eval mode on the CPU, and what its checkpoint says."""

    classifier: Classifier
    info: ClassifierInfo
    standing: Standing  # epoch, run, and the figures of its validation


def save_classifier(path: Path, classifier: Classifier, info: ClassifierInfo, standing: Standing) -> None:
    """Write weights, `info` and `standing` atomically. Raises OSError when the file cannot be written."""
    write_checkpoint(path, classifier.network, FORMAT, info=info, standing=standing)


def read_classifier_info(path: Path) -> ClassifierInfo:
    """The header of a classifier's checkpoint, without its weights. Raises UserError for any other file."""
    header = read_header(path)
    if str(header.get("format", "")).startswith(PRETRAININGS):
        raise UserError(
            f"{path} is a pre-training, which has no last layer yet and gives no verdicts; train a "
            f"classifier from it with 'python -m train classifier --init {path}', and name that"
        )
    return info_of(path, header, ClassifierInfo, FORMAT, "train classifier")


def load_classifier(path: Path) -> LoadedClassifier:
    """The classifier of a checkpoint.

    Raises UserError when the file is not a whole checkpoint of a classifier, or its weights are not finite.
    """
    info = read_classifier_info(path)
    try:
        classifier = Classifier(info.network, info.input_format, planes=info.planes, temporal=info.temporal)
    except UserError as error:
        raise UserError(
            f"{path} needs the network '{info.network}', which is not to be had here: {error}"
        ) from error
    load_weights(classifier.network, read_state_dict(path), source=str(path))
    return LoadedClassifier(classifier.eval(), info, read_standing(path))
