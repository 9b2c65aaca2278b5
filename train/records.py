"""What a run leaves on the disk: its configuration, the history of its validations, its checkpoints."""

from datetime import UTC, datetime

from common.atomic import remove_stale_temporaries, write_text_atomically
from common.checkpoint import CheckpointInfo
from common.encoder import Encoder
from common.metrics import VerificationReport
from train.checkpoints import keep_checkpoint
from train.config import TrainConfig
from train.history import PerformanceHistory

CHECKPOINT_FOLDER = "checkpoints"
RUN_FOLDER = "runs"


class RunRecords:
    """What a run leaves under its output folder: its configuration, history and checkpoints."""

    def __init__(self, config: TrainConfig, encoder: Encoder, validation: str) -> None:
        self._encoder = encoder
        self._validation = validation
        self._folder = config.out / CHECKPOINT_FOLDER
        self._history = PerformanceHistory(config.out)
        self.run = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        self.last_checkpoint = self._folder
        remove_stale_temporaries(config.out)
        remove_stale_temporaries(self._folder)
        write_text_atomically(
            config.out / RUN_FOLDER / f"{self.run}.json", config.model_dump_json(indent=1) + "\n"
        )

    def keep(
        self, epoch: int, step: int, learning_rate: float, loss: float | None, report: VerificationReport
    ) -> None:
        """Record a validation and keep the weights it was made with."""
        info = CheckpointInfo(
            backbone=self._encoder.backbone_name,
            input_format=self._encoder.input_format,
            threshold=report.threshold,
            eer=report.eer,
            accuracy=report.accuracy,
            epoch=epoch,
            step=step,
            run=self.run,
            validation=self._validation,
        )
        self.last_checkpoint = keep_checkpoint(self._folder, self._encoder, info)
        self._history.append(
            run=self.run, epoch=epoch, step=step, learning_rate=learning_rate, loss=loss, report=report
        )
