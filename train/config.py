"""The configuration of a verification run, one validated object; `train.load_config` reads it."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from common.metrics.figures import CLASSIFICATION, PAIRS, PRETRAINING, VERIFICATION
from common.runtime.as_option import AsOption, Panel
from common.runtime.errors import UserError
from train.losses.config import LossConfig
from train.run_config import (
    RUN,
    STEPS,
    WEIGHTS,
    BatchConfig,
    RunConfig,
    ValidationConfig,
    none_of_none,
)


class PeopleBatchConfig(BatchConfig):
    """How a batch is filled: `size / photos_per_identity` people, or `size / 2` listed pairs."""

    size: Annotated[int, AsOption("Crops a batch, over all devices.", name="batch-size")] = Field(256, ge=4)
    photos_per_identity: int = Field(8, ge=2)
    synthetic_share: float = Field(
        0.375, ge=0, lt=1
    )  # of the photographs of each person, where there are any


class PairValidationConfig(ValidationConfig):
    """Which identities are held out, which pairs are drawn from them, and when they are scored."""

    pairs: Annotated[
        Path | None,
        AsOption(
            "Validate on the pairs of a CSV; their people are held out. `none` does without the recipe's.",
            RUN,
            name="validation-pairs",
        ),
        BeforeValidator(none_of_none),
    ] = None
    pairs_per_category: int = Field(2000, ge=1)


class TrainConfig(RunConfig):
    """All that a run of verification depends on, or one of a task that a script has registered."""

    command = "train run"
    needed: ClassVar = {
        "pair_columns": ("pairs", "validation.pairs"),
        "colour": ("pretrained",),
        "partial": ("pretrained",),
        "lora": ("pretrained",),
        "forge.methods": ("forge.share",),
    }

    task: str = VERIFICATION
    pairs: Annotated[
        Path | None,
        AsOption(
            "Train on the pairs of a CSV: path1,path2,label[,synthetic1,synthetic2]. `none` does without the "
            "recipe's.",
            RUN,
        ),
        BeforeValidator(none_of_none),
    ] = None
    pair_columns: Annotated[
        str | None,
        AsOption(
            "What lists of pairs call their columns, where that is not known: path1=NAME,path2=NAME,…",
            RUN,
            name="columns",
        ),
    ] = None
    backbone: Annotated[
        str | None,
        AsOption(
            "ir_18, ir_34, ir_50, ir_101, ir_se_50, iresnet_18 to iresnet_200, ir_lite, mobilefacenet, or "
            "any timm model as timm:NAME.",
            WEIGHTS,
            default="that of --pretrained, or ir_101",
        ),
    ] = None
    pretrained: Annotated[
        str | None,
        AsOption(
            "Weights to start from: a facetrust, CVLFace, AdaFace or arcface_torch checkpoint, a "
            "pre-training of facetrust, a plain state_dict, hf:OWNER/REPO[/FILE], `timm` for those that timm "
            "publishes, `none` for random ones, a name below training_logs/pretrained, or a known name: "
            "adaface-ir18-webface4m (96 MB to fetch), adaface-ir50-webface4m (175 MB), "
            "adaface-ir101-webface12m (261 MB) and others; docs/training.md lists them with their licence.",
            WEIGHTS,
        ),
        BeforeValidator(none_of_none),
    ] = None
    colour: Annotated[
        Literal["RGB", "BGR"] | None,
        AsOption("What --pretrained was made for, where its layout does not tell.", WEIGHTS),
    ] = None
    partial: Annotated[bool, AsOption("Take what fits of --pretrained and name the rest.", WEIGHTS)] = False
    keep: Annotated[float, AsOption("Weight of staying near the starting embedding.", WEIGHTS)] = Field(
        0, ge=0
    )
    loss: Annotated[LossConfig, Panel(WEIGHTS)] = LossConfig()
    batch: Annotated[PeopleBatchConfig, Panel(STEPS)] = PeopleBatchConfig()
    validation: PairValidationConfig = PairValidationConfig()

    @classmethod
    def takes(cls, task: str) -> bool:
        """All tasks but those that have a command of their own."""
        return task not in (CLASSIFICATION, PRETRAINING)

    @property
    def batch_unit(self) -> int:
        """The photographs of a person, or the two of a pair."""
        return self.batch.photos_per_identity if self.pairs is None and self.task != PAIRS else 2

    @property
    def least_batch(self) -> int:
        """Two people, though pairs are listed: with fewer there is no impostor. Of a network of pairs two."""
        return 4 if self.task == PAIRS else 2 * self.batch.photos_per_identity

    def check(self) -> None:
        """Raises UserError for an unknown backbone, a batch of one person, two splits, and idle settings."""
        if self.task == PAIRS:
            self._check_pairs()
        elif self.backbone is not None:
            from common.models.backbones import check_backbone_name  # torch comes with it

            check_backbone_name(self.backbone)
        if self.task == VERIFICATION and self.pairs is None and self.batch.size < self.least_batch:
            raise UserError(
                f"a batch of {self.batch.size} holds fewer than two people of "
                f"{self.batch.photos_per_identity} photographs; raise --batch-size"
            )
        if self.validation.split is not None and self.validation.pairs is not None:
            raise UserError("validation.split and validation.pairs both say who is held out; leave one out")

    def _check_pairs(self) -> None:
        """Raises UserError for what a network of pairs has no use for, and for an unknown one."""
        from common.models.networks import check_network_name  # torch comes with it

        idle = {"--loss": self.loss != LossConfig(), "--keep": self.keep, "--colour": self.colour}
        idle["--partial"] = self.partial
        if told := [option for option, is_given in idle.items() if is_given]:
            raise UserError(
                f"{told[0]} has no effect with a network of pairs, which has no embedding; leave it out"
            )
        if self.backbone is not None:
            check_network_name(self.backbone)
