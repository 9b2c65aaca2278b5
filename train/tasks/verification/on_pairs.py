"""Base class of tasks that are validated on pairs of people held out."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, TypeVar

import numpy as np
from lightning_fabric import Fabric

from common.metrics.figures import Figures, Ranking
from common.models.checkpoint import ACCURACY, EER, CheckpointInfo
from common.models.input_format import InputFormat
from common.models.standing import Standing
from common.models.training_facts import SyntheticTraining
from train.config import TrainConfig
from train.data.same_pictures import same_picture_notes, same_pictures
from train.data.split import write_split
from train.display import Column, Panel
from train.optimisation.low_rank import merged
from train.records.run_folder import RunFolder
from train.tasks.base import Moment, Task
from train.tasks.verification.data import prepare_data
from train.tasks.verification.facts import with_interval, with_synthetic_eer
from train.tasks.verification.figures import COLUMNS, panels
from train.tasks.verification.notes import doubt_notes, unproven_notes

Info = TypeVar("Info", bound=CheckpointInfo)


class OnPairs(Task):
    """Task that trains on people and is validated on pairs of others, who are held out.

    A subclass makes the network and sets the attributes below, after the base's `__init__`, which has read
    the data.

    Attributes:
        before: what the weights of the start say of themselves; None where they do not.
        is_random: whether they are random, and so have seen no face.
        start_notes: for people: where the weights are from.
    """

    rankings: ClassVar[tuple[Ranking, ...]] = (EER, ACCURACY)
    columns: ClassVar[tuple[Column, ...]] = COLUMNS
    config: TrainConfig
    before: CheckpointInfo | None
    is_random: bool
    start_notes: Sequence[str] = ()

    def __init__(self, config: TrainConfig, folder: RunFolder, fabric: Fabric) -> None:
        super().__init__(config, folder, fabric)
        self.data = data = prepare_data(config, folder.split)
        self.dataset, self.batches = data.crops, data.batches
        self.fingerprint, self.validation = data.fingerprint, data.pairs.fingerprint
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
        self._same_pictures: list[str] = []  # notes

    @classmethod
    def panels(cls, several: bool) -> Sequence[Panel]:
        return panels(several)

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
            self.save(self.folder.start, merged(self.network), Moment(self.folder.run, epoch=0, step=0))

    def notes(self, first_step: int) -> list[str]:
        data = self.data
        start = self.start_notes if self.config.pretrained and not first_step else ()
        doubts = [*doubt_notes(data.validated), *unproven_notes(data.synthetic, data.pairs)]
        return [*start, *data.notes, *self._same_pictures, *doubts]

    def closing_notes(self, figures: Figures) -> list[str]:
        return doubt_notes(with_interval(self.data.validated, figures))

    def standing(self, moment: Moment) -> Standing:
        return self.info(moment).standing

    @abstractmethod
    def info(self, moment: Moment) -> CheckpointInfo:
        """The header of a checkpoint of a moment; see `filled_info`."""

    def filled_info(self, kind: type[Info], moment: Moment, input_format: InputFormat) -> Info:
        """What the header of a checkpoint says of a moment of the run."""
        data, figures, before = self.data, moment.figures, self.before
        info = kind(
            backbone=self.network_name,
            input_format=input_format,
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
        if self.is_random:
            before: SyntheticTraining | None = SyntheticTraining(crops=0)
        else:
            before = self.before.synthetic if self.before else None
        own = self.data.synthetic
        if step == 0:
            return before
        if before is None:
            return own if own.saw_synthetic else None
        return own.after(before)
