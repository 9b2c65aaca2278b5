"""Options that several commands have."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from common.models.view_names import Views
from common.runtime.as_option import AsOption, Panel
from common.runtime.device import Device
from common.runtime.errors import ParameterError
from infer.cropping import AS_TRAINED, EVERY_FACE_AS_TRAINED, CropRequest, EveryFaceRequest

if TYPE_CHECKING:
    from infer.classification.ensemble import Ensemble
    from infer.models.model import FaceModel, Model

TEST_PAIRS = Path("data/test_public")
RESULTS = Path("results")
CHECKPOINTS = Path("training_logs/checkpoints")

ModelName = Annotated[
    str | None,
    AsOption(
        "Checkpoint, published weights, ONNX file, or random:BACKBONE.",
        name="model",
        default=f"the best of {CHECKPOINTS}",
    ),
]
ModelDevice = Annotated[
    Device,
    AsOption("Where the model runs; auto is on CUDA if there is one. With cpu, faces are found there too."),
]


@dataclass(frozen=True)
class ModelChoice:
    """The model that a command uses, and how photographs are cropped for it."""

    name: ModelName = None
    colour: Annotated[
        Literal["RGB", "BGR"] | None,
        AsOption("Order of the channels that the model takes, where its file does not say it."),
    ] = None
    device: ModelDevice = Device.AUTO
    crops: Annotated[
        CropRequest, Panel("The face in a photograph, by default as in the model's training")
    ] = AS_TRAINED

    def load(self, stored_crops: bool = False) -> "Model":
        """The model; `stored_crops` says that the source holds crops already, which crop options are not for.

        Raises UserError for these, and as `load_model`.
        """
        from infer.models.load import load_model

        return load_model(*self._asked(stored_crops))

    def load_any(self, stored_crops: bool = False) -> "FaceModel":
        """As `load`, but that it may be a network of pairs as well."""
        from infer.models.load import load_face_model

        return load_face_model(*self._asked(stored_crops))

    def _asked(
        self, stored_crops: bool
    ) -> tuple[str | None, Path, Literal["RGB", "BGR"] | None, CropRequest, Device]:
        if stored_crops:
            self.crops.refuse_on_crops("the source holds crops already")
        return self.name, CHECKPOINTS, self.colour, self.crops, self.device


@dataclass(frozen=True)
class ClassifierChoice:
    """The classifiers that a command uses, and how photographs are cropped for them."""

    names: Annotated[
        tuple[Path, ...],
        AsOption(
            "Checkpoint of a classifier, its ONNX file, or a folder of checkpoints, such as that of 'train "
            "classifier --folds'; several are an ensemble. Repeatable.",
            name="model",
            default=f"the best of {CHECKPOINTS}",
        ),
    ] = ()
    threshold: Annotated[
        float | None,
        AsOption(
            "Synthetic from this P(synthetic) on, and then no face is undecided.",
            default="the model's own",
            least=0,
            most=1,
        ),
    ] = None
    tta: Views = None
    device: ModelDevice = Device.AUTO
    crops: Annotated[
        EveryFaceRequest, Panel("The face in a photograph, by default as in the model's training")
    ] = EVERY_FACE_AS_TRAINED

    def load(self, stored_crops: bool = False) -> "Ensemble":
        """The ensemble, of one or several; `stored_crops` as in `ModelChoice.load`.

        Raises UserError for crop options that are not for them, and as `load_ensemble`.
        """
        from infer.classification.ensemble import load_ensemble

        if stored_crops:
            self.crops.refuse_on_crops("the source holds crops already")
        return load_ensemble(self.names, CHECKPOINTS, self.crops, self.device, self.threshold, self.tta)


def one_classifier(model: ModelChoice, stored_crops: bool = False) -> "Ensemble":
    """The classifier that `--model` names where it may be an encoder as well, or else the best one.

    Raises UserError for a colour, which is for encoders, and as `ClassifierChoice.load`.
    """
    from infer.classification.ensemble import load_ensemble

    if model.colour is not None:
        raise ParameterError("{colour} is of encoders; a classifier says itself what it takes, leave it out")
    if stored_crops:
        model.crops.refuse_on_crops("the source holds crops already")
    files = [] if model.name is None else [Path(model.name)]
    return load_ensemble(files, CHECKPOINTS, model.crops, model.device)


Pairs = Annotated[
    Path,
    typer.Argument(
        help="Folder of pairs, PAIR_ID/0.jpg and PAIR_ID/1.jpg, with labels.csv or without; folder with one "
        "of photographs per person, or of shards, whose photographs are compared each with each; CSV, "
        "path1,path2\\[,label\\[,synthetic1,synthetic2]]; LFW's pairs.txt; or a .bin verification set.",
    ),
]
Images = Annotated[
    Path | None,
    AsOption("Folder of the photographs that a list names.", default="the folder of the list"),
]
AskedThreshold = Annotated[
    float | None,
    AsOption("Accept similarities from here on.", default="the model's own", least=-1, most=1),
]
