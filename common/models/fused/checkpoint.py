"""The checkpoint of a fused encoder: both towers in one file, and in its header how they are joined."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from common.metrics.interval import Interval
from common.models.checkpoint import EER, is_checkpoint, read_header, read_info, write_checkpoint
from common.models.classifier import Classifier
from common.models.crop_settings import CropSettings
from common.models.encoder import Encoder
from common.models.fused.encoder import FusedEncoder
from common.models.fused.fusion import Fusion
from common.models.input_format import InputFormat
from common.models.plane_names import RGB, PlaneNames
from common.models.standing import Standing
from common.models.training_facts import SyntheticTraining, ValidationFacts
from common.models.weights.container import read_state_dict
from common.models.weights.fit import load_weights
from common.runtime.errors import UserError

FUSION = "fusion"  # the task that its standing names, so that no training takes it for its own
FAMILY = f"facetrust-{FUSION}-"
FORMAT = f"{FAMILY}1"


class FusedInfo(BaseModel):
    """What the checkpoint of a fused encoder says of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    backbone: str
    backbone_input: InputFormat
    network: str
    network_input: InputFormat
    planes: PlaneNames = RGB
    crops: CropSettings  # what both towers are cut from, with its size
    fusion: Fusion
    recogniser: str  # the file of each tower, for people
    classifier: str
    threshold: float | None = None  # accept similarity >= threshold
    threshold_from: str = ""  # for people
    eer: float | None = None  # on the pairs that γ, temperature and threshold were chosen on
    trained_on: str = ""
    validation: str = ""  # fingerprint of these pairs; empty where there were none
    synthetic: SyntheticTraining | None = None  # what the classifier has seen; None: not known
    validated: ValidationFacts | None = None

    @property
    def standing(self) -> Standing:
        """What the leaderboard is to know of it."""
        low = high = None
        if self.validated is not None:
            low, high = self.validated.eer_low, self.validated.eer_high
        return Standing(
            task=FUSION,
            network=f"{self.backbone} behind {self.network}",
            run="",
            epoch=0,
            step=0,
            validation=self.validation,
            rankings=(EER,),
            figures={"eer": self.eer, "threshold": self.threshold},
            interval=None if low is None or high is None else Interval(low, high),
        )


def save_fused(path: Path, encoder: FusedEncoder, info: FusedInfo) -> None:
    """Write weights and `info` atomically. Raises OSError when the file cannot be written."""
    write_checkpoint(path, encoder, FORMAT, info=info, standing=info.standing)


def is_fused(path: Path) -> bool:
    """Whether a file is the checkpoint of a fused encoder, of any version. Raises as `is_checkpoint`."""
    return is_checkpoint(path) and str(read_header(path).get("format", "")).startswith(FAMILY)


def read_fused_info(path: Path) -> FusedInfo:
    """The header of a fused encoder, without its weights. Raises UserError for any other file."""
    return read_info(path, FusedInfo, FORMAT, "train fuse")


def load_fused(path: Path) -> tuple[FusedEncoder, FusedInfo]:
    """The fused encoder of a checkpoint, in eval mode on the CPU, and its header.

    Raises UserError when the file is not a whole one, or its weights are not finite.
    """
    info = read_fused_info(path)
    try:
        recogniser = Encoder(info.backbone, info.backbone_input)
        classifier = Classifier(info.network, info.network_input, planes=info.planes)
        encoder = FusedEncoder(recogniser, classifier, info.crops, info.fusion)
        if recogniser.embedding_size != info.fusion.features:
            raise UserError(f"{info.backbone} has no {info.fusion.features} features")
    except (UserError, ValueError) as error:  # a template that this version does not know is the latter
        raise UserError(f"{path} needs what is not to be had here: {error}") from error
    load_weights(encoder, read_state_dict(path), source=str(path))
    return encoder.eval(), info
