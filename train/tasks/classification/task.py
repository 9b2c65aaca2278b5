"""The task of classification: data, network, loss, validation, checkpoints."""

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from common.metrics.figures import CLASSIFICATION, Figures
from common.models.backbones.timm_names import PREFIX
from common.models.classifier import Classifier
from common.models.classifier_checkpoint import ClassifierInfo, OperatingPoint, save_classifier
from common.models.sequences import mean_of_steps
from common.models.training_facts import PseudoTraining, SyntheticTraining
from common.runtime.errors import UserError
from train.activations import activation_notes
from train.data.dataset import CropBatch
from train.data.same_pictures import same_picture_notes
from train.data.split import write_split
from train.data.tracks import SequenceBatch
from train.display import Panel
from train.distributed.gather import gather_rows
from train.optimisation.low_rank import merged
from train.records.checkpoints import keep_best
from train.records.run_folder import RunFolder
from train.tasks.base import Moment, Task, is_heavy
from train.tasks.classification.config import ClassifierConfig
from train.tasks.classification.data import prepare_data
from train.tasks.classification.figures import AUC, COLUMNS, F1, panels, point_of
from train.tasks.classification.initial_weights import initial_classifier
from train.tasks.classification.validate import validate

HAS_SEEN = (
    "the weights of the start were trained on another part of this very data, and may know crops that are "
    "held out now: all figures are then too good; start from weights of other data, or of a pre-training"
)
THRESHOLDS = {"eer": "the EER", "f1": "the best F1"}


class Classification(Task):
    """Task of a classifier of bona fide and synthetic crops, which is validated on groups held out."""

    name = CLASSIFICATION
    rankings = (AUC, F1)
    columns = COLUMNS
    config: ClassifierConfig

    def __init__(self, config: ClassifierConfig, folder: RunFolder, fabric: Fabric) -> None:
        super().__init__(config, folder, fabric)
        if fabric.world_size > 1 and (config.temporal.is_learnt or config.head_epochs):
            raise UserError(
                "heads over time, and head_epochs, are trained on one device; leave --devices and torchrun "
                "out"
            )
        self.data = data = prepare_data(config, folder.split, fabric)
        pretrained = str(folder.start) if folder.start.exists() else config.pretrained
        self.start = initial_classifier(config, pretrained)
        self.network: Classifier = self.start.classifier.to(fabric.device)
        self.pretraining = self.start.pretraining
        weight = data.batches.weight if config.batch.balance == "weight" else 1.0
        self.criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(weight))
        self.dataset, self.batches = data.crops, data.batches
        self.fingerprint, self.validation = data.fingerprint, data.validation.fingerprint
        self.network_name = config.backbone
        bona_fide, synthetic = int((~data.validation.labels).sum()), int(data.validation.labels.sum())
        self.summary = (
            f"{data.trained_on} to train on; {bona_fide:,} bona fide and {synthetic:,} synthetic "
            f"{data.validation.unit}s of "
            f"{data.held_out_groups:,} other people or sources to validate on"
        )
        self.facts = {
            "training_crops": len(data.trained),
            "training_synthetic": int(data.dataset.synthetic[data.trained].sum()),
            "validation_bona_fide": bona_fide,
            "validation_synthetic": synthetic,
        }
        self.from_scratch = config.pretrained is None and config.backbone.startswith(PREFIX)
        self.wants_gpu = is_heavy(self.network)
        each = config.steps if config.temporal.is_learnt else 1
        self._memory = activation_notes(self.network, self.stages(), config.size, config, fabric, each=each)
        self._same_pictures: list[str] = []  # notes

    @classmethod
    def panels(cls, several: bool) -> Sequence[Panel]:
        return panels(several)

    def stages(self) -> list[nn.Module]:
        return self.network.network.stages()

    def fresh(self) -> list[nn.Module]:
        """The last stage, which has the head."""
        return self.stages()[-1:]

    def parameter_groups(self) -> list[tuple[float, list[nn.Parameter]]]:
        """All but the last stage, which has the head, get `backbone_rate` of the learning rate."""
        head = {id(parameter) for parameter in self.stages()[-1].parameters()}
        parts: tuple[list[nn.Parameter], list[nn.Parameter]] = ([], [])
        for parameter in self.network.parameters():
            parts[id(parameter) in head].append(parameter)
        if self.config.backbone_rate == 1 or not parts[0]:
            return super().parameter_groups()
        return [(1.0, parts[1]), (self.config.backbone_rate, parts[0])]

    def loss(self, network: nn.Module, batch: CropBatch | SequenceBatch) -> Tensor:
        """Binary cross entropy of the global batch, with smoothed labels."""
        self._hold()
        if isinstance(batch, SequenceBatch):
            logits = mean_of_steps(network(batch.crops, batch.places), batch.places)
        else:
            logits = network(batch.crops)
        logits = gather_rows(logits)
        synthetic = gather_rows(batch.synthetic.float())
        smoothing = self.config.label_smoothing
        loss: Tensor = self.criterion(logits, synthetic * (1 - 2 * smoothing) + smoothing)
        return loss

    @cached_property
    def _waiting(self) -> list[nn.Module]:
        """What waits for the head, of the network as the loop trains it; its layers are exchanged before."""
        return self.stages()[self.config.freeze : -1] if self.config.head_epochs else []

    def _hold(self) -> None:
        """Leave all but the head as it is while that learns to make something of it, see `head_epochs`."""
        if not self.config.head_epochs:
            return
        waits = self.batches.epoch <= self.config.head_epochs
        for stage in self._waiting:
            stage.requires_grad_(not waits)
            if waits:
                stage.eval()

    def validate(self, network: nn.Module) -> Figures:
        classifier = cast(Classifier, network)
        return validate(classifier, self.data.validation, self.config.validation.threshold, self.fabric)

    def validated(self, network: nn.Module, moment: Moment) -> None:
        """Keep the best weights of a fold whatever the leaderboard drops: they score what was held out."""
        if self.config.fold is not None:
            save = partial(self.save, network=network, moment=moment)
            keep_best(self.folder.best, self.standing(moment), save)

    def begin(self) -> None:
        """Write what is held out, the crops that are one picture, and the weights of the start."""
        data = self.data
        write_split(self.folder.split, data.held_out)
        self._same_pictures = same_picture_notes(
            data.dataset, np.arange(len(data.dataset)), data.same, data.is_held_out, self.folder.same_pictures
        )
        if self.config.pretrained:
            self.save(self.folder.start, merged(self.network), Moment(self.folder.run, epoch=0, step=0))

    def notes(self, first_step: int) -> list[str]:
        seen = [HAS_SEEN] if self._has_seen() else []
        start = [*self.start.notes, *seen] if not first_step else []
        return [*start, *self.data.notes, *self._same_pictures, *self._memory]

    def _has_seen(self) -> bool:
        """Whether the start was trained on another part of the very data, and so on crops held out now."""
        theirs, ours = self.start.data.split("-"), self.fingerprint.split("-")
        return theirs[0] == ours[0] and theirs[-1] != ours[-1]

    def save(self, path: Path, network: nn.Module, moment: Moment) -> None:
        save_classifier(path, cast(Classifier, network), self._info(moment), self.standing(moment))

    def _info(self, moment: Moment) -> ClassifierInfo:
        config, data, figures = self.config, self.data, moment.figures
        units = f"{len(data.validation.rows):,} {data.validation.unit}s"
        chosen = f"{THRESHOLDS[config.validation.threshold]} of {units} held out"
        return ClassifierInfo(
            network=config.backbone,
            input_format=self.network.input_format,
            planes=config.planes,
            temporal=config.temporal,
            steps=config.steps,
            recipe=config.recipe,
            point=point_of(figures, chosen) if figures else OperatingPoint(),
            crops=data.crop_settings,
            trained_on=data.trained_on if moment.step else "",
            trained_crops=len(data.trained) if moment.step else None,
            synthetic=data.synthetic if moment.step else SyntheticTraining(crops=0),
            pseudo=self._pseudo(moment),
            data=data.fingerprint,
            fold=f"{config.fold} of {config.folds}" if config.fold is not None else "",
            pretraining=self.pretraining,
        )

    def _pseudo(self, moment: Moment) -> PseudoTraining | None:
        """What the weights were taught by guesses, in this run and before it."""
        found = [each for each in (self.data.pseudo if moment.step else None, self.start.pseudo) if each]
        return found[0].after(found[1]) if len(found) > 1 else next(iter(found), None)
