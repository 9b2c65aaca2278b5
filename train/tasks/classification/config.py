"""The configuration of a classifier's training, one validated object; `train.load_config` reads it."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from common.metrics.figures import CLASSIFICATION
from common.models.plane_names import RGB, PlaneChoice, parse_planes
from common.models.temporal_names import MOST_STEPS, USUAL_STEPS, Temporal
from common.runtime.as_option import AsOption, Panel
from common.runtime.errors import UserError
from train.augment.config import AugmentConfig
from train.data.forging_config import ForgeConfig, ForgeSeed
from train.run_config import (
    RUN,
    STEPS,
    WEIGHTS,
    BatchConfig,
    OptimiserConfig,
    RunConfig,
    ValidationConfig,
    none_of_none,
)

# both classes pass through the same resampling, blur and compression, often: otherwise the sharpness of a
# data set's pictures is learnt in the place of what a forgery leaves
AUGMENTATION = AugmentConfig(
    scale=0.15,
    shift=8,
    colour=0.05,
    blur=0.3,
    blur_sigma=(0.3, 2.0),
    downscale=0.4,
    downscale_to=(0.3, 0.9),
    jpeg=0.6,
    jpeg_quality=(30, 95),
    occlusion=0,
)


class ClassBatchConfig(BatchConfig):
    """How a batch is filled: with crops of both classes."""

    size: Annotated[int, AsOption("Crops a batch, over all devices.", name="batch-size")] = Field(64, ge=2)
    balance: Annotated[
        Literal["sampler", "weight", "none"],
        AsOption(
            "Against classes of unequal size: `sampler` fills each batch with as many of both, `weight` "
            "weighs the loss of synthetic crops by bona fide over synthetic."
        ),
    ] = "sampler"


class ClassValidationConfig(ValidationConfig):
    """How much is held out, when it is scored, and what decides on the threshold."""

    threshold: Literal["eer", "f1"] = "eer"  # where APCER equals BPCER, or the best F1 of 50 from 0.1 to 0.9


class ClassifierForgeConfig(ForgeConfig):
    """Forgeries of crops, or of whole clips where a head is learnt over time."""

    seed_of: Annotated[
        ForgeSeed,
        AsOption(
            "What has a seed in a forged clip: the clip, whose frames are then all forged alike, or each "
            "frame, which flickers. For heads over time.",
            name="forge-seed",
        ),
    ] = "clip"


class ClassifierConfig(RunConfig):
    """All that the training of a classifier depends on."""

    command = "train classifier"
    needed: ClassVar = {
        "forge.methods": ("forge.share",),
        "forge.seed_of": ("forge.share",),
        "fold": ("folds",),
        "lora": ("pretrained",),
    }

    task: Literal["classification"] = CLASSIFICATION
    recipe: str = ""  # the name that checkpoints keep
    backbone: Annotated[
        str,
        AsOption(
            "Network: any of timm as timm:NAME, or with a pyramid and attention over its feature maps "
            "(timm:NAME+fpn, +cbam, +fpn+cbam), or with other depths (timm:NAME+depths3-3-12-3), "
            "face:NAME for a backbone of recognisers, as `train run` names them, under one linear layer, "
            "sqnxt17_w0.8, sqnxt15_w1.0, sqnxt17_w1.0, sqnxt20_w1.2, simple_vit, plain_cnn.",
            WEIGHTS,
        ),
    ] = "timm:resnet18"
    pretrained: Annotated[
        str | None,
        AsOption(
            "Weights to start from: `timm` for those that timm publishes (a download), a file of them, "
            "hf:OWNER/REPO[/FILE], a classifier or a pre-training of facetrust; of face:NAME what `train run "
            "--pretrained` takes; `none` for random ones.",
            WEIGHTS,
            other_name="init",
        ),
        BeforeValidator(none_of_none),
    ] = None
    size: Annotated[
        int, AsOption("Pixels of a side of what the network sees; crops are brought to it.", WEIGHTS)
    ] = Field(224, ge=16, le=1024)
    planes: Annotated[
        PlaneChoice,
        AsOption(
            "What the network sees of a crop, with commas between: `rgb`, `spectrum` (log amplitudes of its "
            "Fourier transform), `srm` (Laplacian), `srm_published` (of green alone).",
            WEIGHTS,
            parse=parse_planes,
        ),
    ] = RGB
    temporal: Annotated[
        Temporal,
        AsOption(
            "What the frames of a clip come to: mean of their logits, topk, of the highest quarter, or a "
            "head in the place of the last layer that is learnt on sequences of them: gru, lstm, attention.",
            WEIGHTS,
        ),
    ] = Temporal.MEAN
    steps: int = Field(USUAL_STEPS, ge=2, le=MOST_STEPS)  # most crops of a sequence of a head learnt on them
    head_epochs: int = Field(0, ge=0)  # first epochs in which only the last layers, the head, learn
    dropout: float = Field(0, ge=0, lt=1)  # before the last layer
    backbone_rate: float = Field(1.0, gt=0, le=1)  # of the learning rate, for all but the last layers
    match_resolution: bool = True  # reduce the sharper class to the resolution of the other's faces
    label_smoothing: float = Field(0, ge=0, lt=0.5)  # 0.05: 0.05 and 0.95 in the place of 0 and 1
    epochs: Annotated[int, AsOption("Passes over the data.", RUN)] = Field(10, ge=1)
    folds: Annotated[
        int,
        AsOption(
            "Train so many classifiers, each validated on a part of the data that the others train on, and "
            "score every crop by the one that has not seen it.",
            RUN,
        ),
    ] = Field(0, ge=0, le=100)
    fold: Annotated[
        int | None,
        AsOption("Train this one of --folds alone, from 1: other machines can train the others.", RUN),
    ] = Field(None, ge=1)
    augment: AugmentConfig = AUGMENTATION
    optimiser: Annotated[OptimiserConfig, Panel(STEPS)] = OptimiserConfig(
        schedule="cosine", warmup_steps=50, average_decay=0.99
    )
    forge: Annotated[ClassifierForgeConfig, Panel(STEPS)] = ClassifierForgeConfig()
    batch: Annotated[ClassBatchConfig, Panel(STEPS)] = ClassBatchConfig()
    validation: ClassValidationConfig = ClassValidationConfig()

    @classmethod
    def takes(cls, task: str) -> bool:
        """Its own task alone."""
        return task == CLASSIFICATION

    def check(self) -> None:
        """Raises UserError for a network that there is not, and for folds that make no sense."""
        from common.models.networks import check_network_name  # torch comes with it

        check_network_name(self.backbone)
        if self.forge.seed_of == "frame" and not self.temporal.is_learnt:
            raise UserError(
                f"single crops do not flicker: --forge-seed frame is for heads over time, not for --temporal "
                f"{self.temporal}; add --temporal gru, or leave it out"
            )
        if self.lora and self.head_epochs:
            raise UserError("head_epochs freezes what --lora leaves frozen anyway; add --set head_epochs=0")
        if self.folds == 1:
            raise UserError("one fold would leave nothing to train on; --folds takes 2 or more, such as 5")
        if self.fold is not None and self.fold > self.folds:
            raise UserError(f"there is no fold {self.fold} of {self.folds}; --fold is from 1 to {self.folds}")
