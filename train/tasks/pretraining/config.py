"""The configuration of a masked pre-training, one validated object; `train.load_config` reads it."""

from typing import Annotated, Literal

from pydantic import Field

from common.metrics.figures import PRETRAINING
from common.models.plane_names import RGB, PlaneChoice, parse_planes
from common.runtime.as_option import AsOption, NoOption, Panel
from common.runtime.errors import UserError
from train.augment.config import AugmentConfig
from train.data.forging_config import ForgeConfig
from train.run_config import STEPS, WEIGHTS, BatchConfig, OptimiserConfig, RunConfig

# the places that are masked are variety enough; colours and sharpness are what is to be learnt
AUGMENTATION = AugmentConfig(
    scale=0, shift=0, contrast=0, brightness=0, colour=0, saturation=0, grey=0, blur=0, downscale=0, jpeg=0,
    occlusion=0,
)  # fmt: skip


class PretrainConfig(RunConfig):
    """All that a masked pre-training depends on."""

    command = "train pretrain"

    task: Literal["pretraining"] = PRETRAINING
    recipe: str = ""  # the name that checkpoints keep
    backbone: Annotated[
        str,
        AsOption(
            "Network: a ConvNeXt, a ResNet, a ViT or another of timm with a map, as timm:NAME.", WEIGHTS
        ),
    ] = "timm:convnextv2_tiny"
    size: Annotated[
        int, AsOption("Pixels of a side of what the network sees; crops are brought to it.", WEIGHTS)
    ] = Field(224, ge=16, le=1024)
    planes: Annotated[
        PlaneChoice,
        AsOption(
            "What the network sees of a crop, with commas between: `rgb`, `spectrum`, `srm`, "
            "`srm_published`.",
            WEIGHTS,
            parse=parse_planes,
        ),
    ] = RGB
    patch: Annotated[int, AsOption("Pixels of a side of a place that is masked or not.", WEIGHTS)] = Field(
        32, ge=1
    )
    ratio: Annotated[float, AsOption("Share of the places that are masked.", WEIGHTS)] = Field(
        0.6, gt=0, lt=1
    )
    exact: bool = True  # mask the same number of places of every crop; else each place by chance
    mask_before: bool = True  # mask the crop before its planes are made; false: all planes, as was published
    # rgb: the colours, as in the paper. A value of the spectrum belongs to no place, so that a mask of places
    # asks nothing of it; "planes" asks for it all the same, as was published
    target: Literal["rgb", "planes"] = "rgb"
    lora: Annotated[int, NoOption()] = Field(0, ge=0, le=0)
    epochs: Annotated[int, AsOption("Passes over the data.", "The run")] = Field(50, ge=1)
    augment: AugmentConfig = AUGMENTATION
    forge: Annotated[ForgeConfig, NoOption()] = ForgeConfig()
    optimiser: Annotated[OptimiserConfig, Panel(STEPS)] = OptimiserConfig(
        learning_rate=5e-4, weight_decay=0.05, schedule="cosine", warmup_steps=50
    )
    batch: Annotated[BatchConfig, Panel(STEPS)] = BatchConfig(size=32)

    @classmethod
    def takes(cls, task: str) -> bool:
        """Its own task alone."""
        return task == PRETRAINING

    def check(self) -> None:
        """Raises UserError for a network that is not of timm, places that do not fit, and for forging."""
        from common.models.backbones.timm_names import PREFIX  # torch comes with it
        from common.models.networks import check_network_name
        from common.models.networks.timm_name import split_name

        parts = split_name(self.backbone.removeprefix(PREFIX))
        if not self.backbone.startswith(PREFIX) or parts.fpn or parts.cbam:
            plain = PREFIX + parts.plain if self.backbone.startswith(PREFIX) else f"{PREFIX}NAME"
            raise UserError(f"{self.backbone} cannot be pre-trained; choose a network of timm, {plain}")
        check_network_name(self.backbone)
        if self.size % self.patch or self.size == self.patch:
            sides = [side for side in range(min(self.patch, self.size - 1), 1, -1) if self.size % side == 0]
            raise UserError(
                f"places of {self.patch} pixels do not share {self.size} evenly; choose --patch "
                f"{sides[0] if sides else 1}, or another --size"
            )
        if self.forge.share:
            raise UserError(
                "a pre-training makes no forgeries; make shards of them with 'python -m align forge' and "
                "name these with --data as well"
            )
