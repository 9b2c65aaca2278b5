"""The task of pre-training: data, network, loss, validation, checkpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from numpy.typing import NDArray
from torch import Tensor, nn

from common.metrics.figures import PRETRAINING, Figures
from common.models.classifier import classifier_input
from common.models.pretraining_checkpoint import PretrainingInfo, save_pretraining
from common.runtime.errors import UserError
from common.runtime.float32 import exact_float32
from train.data.same_pictures import same_picture_notes
from train.data.split import write_split
from train.display import Panel
from train.distributed.gather import gather_rows
from train.distributed.shares import computed_in_shares
from train.records.run_folder import RunFolder
from train.tasks.base import Moment, Task, evaluating, is_heavy
from train.tasks.pretraining.config import PretrainConfig
from train.tasks.pretraining.data import MaskedBatch, prepare_data
from train.tasks.pretraining.figures import COLUMNS, LOSS, LOSS_PANEL, figures_of
from train.tasks.pretraining.network import MaskedAutoencoder
from train.tasks.pretraining.picture import draw_reconstructions

NOTHING_MASKED = 1e-5  # beside the number of masked pixels, of which a batch may have none
SCORE_BATCH = 64
PICTURED = 8  # crops
PICTURE = "reconstructions.png"


class Pretraining(Task):
    """Task of a network that fills in masked places of crops, which is validated on groups held out."""

    name = PRETRAINING
    rankings = (LOSS,)
    columns = COLUMNS
    config: PretrainConfig

    def __init__(self, config: PretrainConfig, folder: RunFolder, fabric: Fabric) -> None:
        super().__init__(config, folder, fabric)
        wants = classifier_input(config.backbone, config.size, config.planes)
        self.data = data = prepare_data(config, wants, folder.split, fabric)
        self.network: MaskedAutoencoder = MaskedAutoencoder(
            config.backbone,
            wants,
            config.planes,
            mask_before=config.mask_before,
            target=config.target,
        )
        self.criterion = nn.Module()  # the loss has no weights
        self.dataset, self.batches = data.crops, data.batches
        self.fingerprint, self.validation = data.fingerprint, data.validation
        self.network_name = config.backbone
        groups = len(np.unique(data.groups))
        self.summary = (
            f"{data.trained_on} to train on; {len(data.validated):,} crops of {groups:,} other people or "
            "sources to validate on"
        )
        self.facts = {"training_crops": len(data.trained), "validation_crops": len(data.validated)}
        self.wants_gpu = is_heavy(self.network)
        self._same_pictures: list[str] = []  # notes

    @classmethod
    def panels(cls, several: bool) -> Sequence[Panel]:
        return (LOSS_PANEL,)

    def stages(self) -> list[nn.Module]:
        return self.network.stages()

    def loss(self, network: nn.Module, batch: MaskedBatch) -> Tensor:
        """Mean |difference| of the masked pixels of the global batch.

        It is a mean over the channels, and so does not grow with their number; the published sum over them is
        as many times larger, which AdamW does not see.
        """
        wrong, masked = gather_rows(network(batch.crops, batch.masks)).sum(0)
        loss: Tensor = wrong / (masked + NOTHING_MASKED)
        return loss

    def validate(self, network: nn.Module) -> Figures:
        autoencoder, crops, device = cast(MaskedAutoencoder, network), self.data.crops, self.fabric.device

        def compute(rows: NDArray[np.int64]) -> Tensor:
            batch = crops.fixed(rows)
            with torch.inference_mode(), exact_float32():
                sums: Tensor = autoencoder(batch.crops.to(device), batch.masks.to(device))
            return sums

        with evaluating(autoencoder):
            sums = computed_in_shares(self.data.validated, compute, (2,), SCORE_BATCH, self.fabric)
        if not torch.isfinite(sums).all():
            raise UserError("the loss is no longer finite: training diverged; lower --lr")
        figures = figures_of(sums.double().cpu().numpy(), self.data.groups)
        if self.fabric.global_rank == 0:
            self._draw(autoencoder, figures)
        return figures

    def _draw(self, network: MaskedAutoencoder, figures: Figures) -> None:
        """Overwrite the picture of the run: of always the same crops, so that two of them can be compared."""
        rows, device = self.data.validated, self.fabric.device
        chosen = rows[np.linspace(0, len(rows) - 1, min(PICTURED, len(rows))).round().astype(np.int64)]
        batch = MaskedBatch(*(part.to(device) for part in self.data.crops.fixed(chosen)))
        when = f"in epoch {self.batches.epoch}" if self.batches.epoch else "before training"
        title = (
            f"{self.folder.run}, {when}: loss {figures.decisive:.4f}; {len(chosen)} of {len(rows):,} crops "
            "that are held out"
        )
        draw_reconstructions(self.folder.path / PICTURE, network, batch, title)

    def begin(self) -> None:
        """Write what is held out, and the crops that are one picture."""
        data = self.data
        write_split(self.folder.split, data.held_out)
        self._same_pictures = same_picture_notes(
            data.dataset, np.arange(len(data.dataset)), data.same, data.is_held_out, self.folder.same_pictures
        )

    def notes(self, first_step: int) -> list[str]:
        masking, config = self.data.masking, self.config
        about = "" if masking.exact else "about "
        masked = (
            f"{about}{masking.count} of {masking.side**2} places of {config.patch} pixels are masked; what "
            f"is filled in at each validation is in {self.folder.path / PICTURE}"
        )
        return [masked, *self.data.notes, *self._same_pictures]

    def save(self, path: Path, network: nn.Module, moment: Moment) -> None:
        autoencoder, config, data = cast(MaskedAutoencoder, network), self.config, self.data
        info = PretrainingInfo(
            network=config.backbone,
            input_format=autoencoder.input_format,
            planes=config.planes,
            patch=config.patch,
            ratio=config.ratio,
            mask_before=config.mask_before,
            target=config.target,
            recipe=config.recipe,
            crops=data.crop_settings,
            trained_on=data.trained_on if moment.step else "",
            data=data.fingerprint,
        )
        save_pretraining(path, autoencoder.trunk, info, self.standing(moment))
