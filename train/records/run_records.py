"""What the validations of a run leave on the disk: the history, and the checkpoints worth keeping."""

from pathlib import Path

from common.models.checkpoint import CheckpointInfo, save_checkpoint
from common.models.encoder import Encoder
from common.models.leaderboard import LAST_CHECKPOINT
from common.models.load_encoder import LoadedEncoder
from common.models.training_facts import SyntheticTraining
from common.models.weights.layouts import RANDOM
from common.runtime.atomic import remove_stale_temporaries
from train.data.facts import with_interval, with_synthetic_eer
from train.loggers.base import ValidationRecord
from train.prepare import TrainingData
from train.records.checkpoints import keep_checkpoint
from train.records.history import PerformanceHistory
from train.records.run_folder import RunFolder

CHECKPOINT_FOLDER = "checkpoints"


class RunRecords:
    """Writes history and checkpoints of one run.

    Args:
        folder: of the run.
        out: folder of the history, with the checkpoints in a folder below it.
        encoder: whose weights are kept.
        data: what the run trains on and validates with.
        start: the weights that the run began with.
    """

    def __init__(
        self, folder: RunFolder, out: Path, encoder: Encoder, data: TrainingData, start: LoadedEncoder
    ) -> None:
        self._run = folder.run
        self._encoder = encoder
        self._data = data
        self._start = start
        self._folder = out / CHECKPOINT_FOLDER
        self.history = PerformanceHistory(out)
        remove_stale_temporaries(out)
        remove_stale_temporaries(self._folder)

    @property
    def last_checkpoint(self) -> Path:
        """The weights that were kept last."""
        return self._folder / LAST_CHECKPOINT

    def keep(self, record: ValidationRecord) -> None:
        """Record a validation and keep the weights it was made with."""
        report = record.report
        info = self._info(record.epoch, record.step)
        measured = {
            "threshold": report.threshold,
            "eer": report.eer,
            "accuracy": report.accuracy,
            "synthetic": info.synthetic and with_synthetic_eer(info.synthetic, report),
            "validated": with_interval(self._data.validated, report),
        }
        info = info.model_copy(update=measured)
        keep_checkpoint(self._folder, self._encoder, info)
        self.history.append(record)

    def keep_start(self, path: Path) -> None:
        """Keep the weights that the run starts from; to be called before the first step."""
        save_checkpoint(path, self._encoder, self._info(epoch=0, step=0))

    def keep_unvalidated(self, epoch: int, step: int) -> None:
        """Keep the weights of a run that stops before its next validation as the last checkpoint."""
        save_checkpoint(self.last_checkpoint, self._encoder, self._info(epoch, step))

    def _info(self, epoch: int, step: int) -> CheckpointInfo:
        return CheckpointInfo(
            backbone=self._encoder.backbone_name,
            input_format=self._encoder.input_format,
            threshold=None,
            eer=None,
            accuracy=None,
            epoch=epoch,
            step=step,
            run=self._run,
            validation=self._data.pairs.fingerprint,
            trained_on=self._data.trained_on if step else self._trained_before(),
            crops=self._data.crop_settings,
            synthetic=self._synthetic(step),
        )

    def _trained_before(self) -> str:
        return self._start.info.trained_on if self._start.info else ""

    def _synthetic(self, step: int) -> SyntheticTraining | None:
        """What the weights have seen of synthetic faces after a step; None where nobody knows.

        Of published weights that is not known until synthetic faces are trained on here.
        """
        if self._start.layout == RANDOM:
            before: SyntheticTraining | None = SyntheticTraining(crops=0)
        else:
            before = self._start.info.synthetic if self._start.info else None
        own = self._data.synthetic
        if step == 0:
            return before
        if before is None:
            return own if own.saw_synthetic else None
        return own.after(before)
