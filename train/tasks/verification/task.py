"""The task of verification: data, network, loss, validation, checkpoints."""

from pathlib import Path
from typing import cast

from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional

from common.metrics.figures import VERIFICATION, Figures
from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.load_encoder import Wanted
from common.models.networks.initial_weights import TIMM, licence_note
from common.models.weights.layouts import RANDOM
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropBatch
from train.distributed.gather import gather_rows
from train.distributed.synchronise import gather_batch
from train.losses.base import EmbeddedBatch
from train.losses.create import create_loss
from train.optimisation.distillation import Teacher
from train.records.run_folder import RunFolder
from train.tasks.base import Moment
from train.tasks.verification.figures import figures_of
from train.tasks.verification.initial_weights import initial_encoder
from train.tasks.verification.on_pairs import OnPairs
from train.tasks.verification.shelf import on_shelf
from train.tasks.verification.validate import validate

LIGHT_BACKBONES = ("ir_lite", "mobilefacenet")  # those a CPU can train


class Verification(OnPairs):
    """Task of an encoder that is trained on people, and validated on pairs of others, who are held out."""

    name = VERIFICATION

    def __init__(self, config: TrainConfig, folder: RunFolder, fabric: Fabric) -> None:
        super().__init__(config, folder, fabric)
        data = self.data
        wanted = Wanted(config.backbone, data.dataset.size, config.colour, config.partial)
        shelved = on_shelf(config.pretrained, config.out) if config.pretrained else None
        given = folder.start if folder.start.exists() else shelved or config.pretrained
        start = initial_encoder(None if given is None else str(given), wanted)
        if config.lora and start.missing:
            raise UserError(
                f"{len(start.missing):,} tensors of {start.encoder.backbone_name} would be random, and "
                "matrices of low rank beside them learn little; train without --lora first"
            )
        self.network: Encoder = start.encoder.to(fabric.device)
        data.dataset.require(self.network.input_format.size)
        self.teacher = Teacher(self.network) if config.keep else None
        self.criterion = create_loss(config.loss, self.network.embedding_size, data.identities)
        self.network_name = self.network.backbone_name
        self.wants_gpu = self.network_name not in LIGHT_BACKBONES
        self.before, self.is_random = start.info, start.layout == RANDOM
        licence = licence_note(self.network_name) if config.pretrained == TIMM else None
        where = f"the weights are those of {shelved}" if shelved else licence
        self.start_notes = [start.summary, *([where] if where else [])]

    def stages(self) -> list[nn.Module]:
        return list(self.network.backbone.stages())

    def loss(self, network: nn.Module, batch: CropBatch) -> Tensor:
        """The loss of the global batch, and what keeps the encoder near its start."""
        features = network(batch.crops).float()
        norms = features.norm(dim=1)
        own = EmbeddedBatch(functional.normalize(features, dim=1), norms, batch.identities, batch.synthetic)
        everyone = gather_batch(own)
        loss: Tensor = self.criterion(everyone)
        if self.teacher is not None:
            with self.fabric.autocast():
                starting = self.teacher.embed(batch.crops, batch.synthetic)
            loss = loss + self.config.keep * self.teacher.departure(everyone, gather_rows(starting))
        return loss

    def validate(self, network: nn.Module) -> Figures:
        data = self.data
        report = validate(cast(Encoder, network), data.validation_crops, data.pairs, self.fabric)
        return figures_of(report)

    def save(self, path: Path, network: nn.Module, moment: Moment) -> None:
        save_checkpoint(path, cast(Encoder, network), self.info(moment))

    def info(self, moment: Moment) -> CheckpointInfo:
        return self.filled_info(CheckpointInfo, moment, self.network.input_format)
