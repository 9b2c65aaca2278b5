"""The task of verification: data, network, loss, validation, checkpoints."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional

from common.metrics.figures import VERIFICATION, Figures
from common.models.checkpoint import ACCURACY, EER, CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.load_encoder import Wanted
from common.models.standing import Standing
from common.models.training_facts import SyntheticTraining
from common.models.weights.layouts import RANDOM
from train.config import TrainConfig
from train.data.dataset import CropBatch
from train.data.same_pictures import same_picture_notes, same_pictures
from train.data.split import write_split
from train.display import Panel
from train.distributed.gather import gather_rows
from train.distributed.synchronise import gather_batch
from train.losses.base import EmbeddedBatch
from train.losses.create import create_loss
from train.optimisation.distillation import Teacher
from train.records.run_folder import RunFolder
from train.tasks.base import Moment, Task
from train.tasks.verification.data import prepare_data
from train.tasks.verification.facts import with_interval, with_synthetic_eer
from train.tasks.verification.figures import COLUMNS, figures_of, panels
from train.tasks.verification.initial_weights import initial_encoder
from train.tasks.verification.notes import doubt_notes, unproven_notes
from train.tasks.verification.validate import validate

LIGHT_BACKBONES = ("ir_lite", "mobilefacenet")  # those a CPU can train


class Verification(Task):
    """Task of an encoder that is trained on people, and validated on pairs of others, who are held out."""

    name = VERIFICATION
    rankings = (EER, ACCURACY)
    columns = COLUMNS
    config: TrainConfig

    def __init__(self, config: TrainConfig, folder: RunFolder, fabric: Fabric) -> None:
        super().__init__(config, folder, fabric)
        self.data = data = prepare_data(config, folder.split)
        wanted = Wanted(config.backbone, data.dataset.size, config.colour, config.partial)
        pretrained = str(folder.start) if folder.start.exists() else config.pretrained
        self.start = initial_encoder(pretrained, wanted)
        self.network: Encoder = self.start.encoder.to(fabric.device)
        data.dataset.require(self.network.input_format.size)
        self.teacher = Teacher(self.network) if config.keep else None
        self.criterion = create_loss(config.loss, self.network.embedding_size, data.identities)
        self.dataset, self.batches = data.crops, data.batches
        self.fingerprint, self.validation = data.fingerprint, data.pairs.fingerprint
        self.network_name = self.network.backbone_name
        held_out, pairs = len(data.held_out), len(data.pairs.categories)
        self.summary = (
            f"{data.batches.crops:,} crops of {data.identities:,} people to train on, {pairs:,} pairs of "
            f"{held_out:,} other people to validate on"
        )
        self.facts = {
            "training_crops": data.batches.crops,
            "training_identities": data.identities,
            "validation_identities": held_out,
            "validation_pairs": pairs,
        }
        self.from_scratch = config.pretrained is None
        self.wants_gpu = self.network_name not in LIGHT_BACKBONES
        self._same_pictures: list[str] = []  # notes

    @classmethod
    def panels(cls, several: bool) -> Sequence[Panel]:
        return panels(several)

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

    def begin(self) -> None:
        """Write who is held out, the crops that are one picture, and the weights that the run starts from."""
        write_split(self.folder.split, self.data.held_out)
        if self.config.same_pictures:
            dataset = self.data.dataset
            held_out = np.isin(dataset.identity_names, self.data.held_out)[dataset.identities]
            rows = np.flatnonzero(held_out | np.isin(np.arange(len(dataset)), self.data.trained))
            same = same_pictures(dataset, rows)
            self._same_pictures = same_picture_notes(dataset, rows, same, held_out, self.folder.same_pictures)
        if self.config.pretrained:
            self.save(self.folder.start, self.network, Moment(self.folder.run, epoch=0, step=0))

    def notes(self, first_step: int) -> list[str]:
        data = self.data
        start = [self.start.summary] if self.config.pretrained and not first_step else []
        doubts = [*doubt_notes(data.validated), *unproven_notes(data.synthetic, data.pairs)]
        return [*start, *data.notes, *self._same_pictures, *doubts]

    def closing_notes(self, figures: Figures) -> list[str]:
        return doubt_notes(with_interval(self.data.validated, figures))

    def standing(self, moment: Moment) -> Standing:
        return self._info(moment).standing

    def save(self, path: Path, network: nn.Module, moment: Moment) -> None:
        save_checkpoint(path, cast(Encoder, network), self._info(moment))

    def _info(self, moment: Moment) -> CheckpointInfo:
        data, figures, before = self.data, moment.figures, self.start.info
        info = CheckpointInfo(
            backbone=self.network_name,
            input_format=self.network.input_format,
            threshold=None,
            eer=None,
            accuracy=None,
            epoch=moment.epoch,
            step=moment.step,
            run=moment.run,
            validation=self.validation,
            trained_on=data.trained_on if moment.step else before.trained_on if before else "",
            crops=data.crop_settings,
            synthetic=self._synthetic(moment.step),
        )
        if figures is None:
            return info
        measured = {name: figures.values[name] for name in ("threshold", "eer", "accuracy")}
        validated = with_interval(data.validated, figures)
        synthetic = info.synthetic and with_synthetic_eer(info.synthetic, figures, data.pairs)
        return info.model_copy(update=measured | {"validated": validated, "synthetic": synthetic})

    def _synthetic(self, step: int) -> SyntheticTraining | None:
        """What the weights have seen of synthetic faces after a step; None where nobody knows.

        Of published weights that is not known until synthetic faces are trained on here.
        """
        if self.start.layout == RANDOM:
            before: SyntheticTraining | None = SyntheticTraining(crops=0)
        else:
            before = self.start.info.synthetic if self.start.info else None
        own = self.data.synthetic
        if step == 0:
            return before
        if before is None:
            return own if own.saw_synthetic else None
        return own.after(before)
