"""The training run, readable from top to bottom."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch
from lightning_fabric import Fabric
from torch.utils.data import DataLoader

from common.models.encoder import Encoder
from common.models.load_encoder import Wanted
from common.models.training_facts import ValidationFacts
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropBatch
from train.data.facts import doubt_notes, unproven_notes, with_interval
from train.data.loader import grouped, open_loader
from train.data.split import write_split
from train.distributed.synchronise import synchronise
from train.initial_weights import initial_encoder
from train.interruption import Interruption
from train.loggers.base import Logger, RunPlan, StepRecord, ValidationRecord
from train.losses import create_loss
from train.optimisation.distillation import Teacher
from train.optimisation.ema import ModelEma
from train.optimisation.freezing import FrozenStages
from train.optimisation.objective import Objective
from train.optimisation.optimiser import create_optimiser, has_scaler
from train.optimisation.schedule import Schedule
from train.optimisation.skipping import SkippedBatches
from train.out_of_memory import explain_out_of_memory
from train.plots.plot import plot_history
from train.prepare import TrainingData, prepare_data
from train.records.run_folder import RunFolder
from train.records.run_records import RunRecords
from train.records.state import Progress, RunState
from train.same_pictures import same_picture_notes
from train.validate import validate


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    rank: int  # of the process that says so; all say the same
    folder: RunFolder
    last_checkpoint: Path
    interrupted: bool  # it stopped before its last epoch, and can be resumed


def train(fabric: Fabric, config: TrainConfig, folder: RunFolder, logger: Logger) -> Outcome:
    """Fine-tune an encoder as configured; where `folder` holds the state of a run, that run goes on.

    On a CPU in float32 the weights depend only on the configuration, the shards and the number of threads:
    not on where a run was killed and resumed and, but for rounding, not on the number of processes.

    Args:
        fabric: launched; each of its processes calls this.
        config: all that the run depends on.
        folder: of the run, the same in all processes.
        logger: told of every step and validation.

    Raises UserError when the data, the weights or the configuration do not allow a run, when it diverges, and
    when memory does not suffice.
    """
    with explain_out_of_memory(config, fabric.world_size):
        return _Run(fabric, config, folder, logger).to_the_end()


class _Run:
    """The parts of a run, and the loop over them."""

    def __init__(self, fabric: Fabric, config: TrainConfig, folder: RunFolder, logger: Logger) -> None:
        self.fabric, self.config, self.folder, self.logger = fabric, config, folder, logger
        torch.manual_seed(config.seed)
        self.data: TrainingData = prepare_data(config, folder.split)
        self.data.batches.rank_share = (fabric.global_rank, fabric.world_size)
        wanted = Wanted(config.backbone, self.data.dataset.size, config.colour, config.partial)
        pretrained = str(folder.start) if folder.start.exists() else config.pretrained
        self.loaded = initial_encoder(pretrained, wanted)
        self.encoder = self.loaded.encoder.to(fabric.device)
        self.data.dataset.require(self.encoder.input_format.size)
        knowledge = Teacher(self.encoder) if config.keep else None
        synchronise(self.encoder, fabric)
        self.frozen = FrozenStages(self.encoder, config.freeze)

        loss_of = create_loss(config.loss, self.encoder.embedding_size, self.data.identities).to(
            fabric.device
        )
        parameters = [*self.encoder.parameters(), *loss_of.parameters()]
        self.optimiser = create_optimiser(config.optimiser, fabric, parameters)
        network: torch.nn.Module = self.encoder
        if config.hardware.compile:
            network = cast(torch.nn.Module, torch.compile(network))
        self.model, self.stepper = fabric.setup(network, self.optimiser)
        self.objective = Objective(fabric, self.model, loss_of, knowledge, config.keep)
        self.schedule = Schedule(self.optimiser, config.optimiser)
        self.ema = ModelEma(self.encoder, config.optimiser.average_decay)
        self.skipped = SkippedBatches(
            torch.nn.ModuleList([self.encoder, loss_of]), config.optimiser.max_skipped
        )
        self.averaged = cast(Encoder, self.ema.network)
        self.records = RunRecords(folder, config.out, self.averaged, self.data, self.loaded)
        loader = open_loader(self.data.crops, self.data.batches, config.batch.loader_workers)
        self.loader = cast(
            DataLoader[CropBatch], fabric.setup_dataloaders(loader, use_distributed_sampler=False)
        )

        self.progress = Progress()
        self.state = RunState(
            self.progress,
            self.data.fingerprint,
            {
                "encoder": self.encoder,
                "loss": loss_of,
                "optimiser": self.optimiser,
                "schedule": self.schedule,
                "average": self.ema,
                "skipped": self.skipped,
                "precision": fabric.strategy.precision,
            },
        )
        self.last_saved = time.monotonic()
        self.same_pictures: list[str] = []  # notes
        self.validated: ValidationFacts | None = None  # of the last validation of this session

    def to_the_end(self) -> Outcome:
        """Validate, then train epoch by epoch, until the last one or until asked to stop."""
        self._begin()
        self.logger.started(self._plan())
        started_from = [self.loaded.summary] if self.config.pretrained and not self.progress.step else []
        doubts = doubt_notes(self.data.validated) + unproven_notes(self.data.synthetic, self.data.pairs)
        for note in [*started_from, *self.data.notes, *self.same_pictures, *doubts]:
            self.logger.noted(note)
        progress, batches = self.progress, self.data.batches
        interrupted = False
        with Interruption(self.fabric) as interruption:
            if progress.validated_step < 0:
                self._validate(epoch=0)
            while progress.epoch <= self.config.epochs and not interrupted:
                batches.epoch, batches.first_batch = progress.epoch, progress.batch
                for group in grouped(iter(self.loader), self.config.batch.accumulate):
                    self._step(group)
                    progress.batch += len(group)
                    ended = progress.batch >= len(batches)
                    if self._validation_is_due(ended):
                        self._validate(progress.epoch)
                    interrupted = interruption.requested()
                    if interrupted or time.monotonic() - self.last_saved > 60 * self.config.save_minutes:
                        self._save()
                    if interrupted:
                        break
                if progress.batch >= len(batches):
                    self._require_learning()
                    progress.end_epoch()
                    self._save()
        finished = progress.epoch > self.config.epochs
        return self._finish(interrupted and not finished)

    def _begin(self) -> None:
        """Take up the saved state, or lay down what a run needs that is killed from here on."""
        if self.folder.state.exists():
            self.state.load(self.folder.state)
            if self.fabric.is_global_zero:
                self.folder.write_config(self.config)
            if self.progress.epoch > self.config.epochs:
                self.logger.noted(f"run {self.folder.run} is finished; --epochs gives it more")
        elif self.fabric.is_global_zero:
            write_split(self.folder.split, self.data.held_out)
            if self.config.same_pictures:
                self.same_pictures = same_picture_notes(self.data, self.folder.same_pictures)
            if self.config.pretrained:
                self.records.keep_start(self.folder.start)
            self._save()

    def _step(self, group: list[CropBatch]) -> None:
        """One step of the optimiser, with the gradients of a group of batches."""
        config, progress = self.config, self.progress
        torch.manual_seed(_step_seed(config.seed, progress.epoch, progress.batch))
        self.encoder.train()
        self.frozen.hold()
        self.skipped.before_step()
        self.schedule.before_step(progress.step)
        self.optimiser.zero_grad()
        loss = 0.0
        for position, batch in enumerate(group):
            with self.fabric.no_backward_sync(self.model, enabled=position + 1 < len(group)):
                part = self.objective(batch) / len(group)
                loss += part.item()
                if not np.isfinite(loss):
                    return self._skip()
                self.fabric.backward(part)
        norm = self.fabric.clip_gradients(
            self.model, self.stepper, max_norm=config.optimiser.clip_norm, error_if_nonfinite=False
        )
        is_finite = norm is None or bool(torch.isfinite(norm))
        if is_finite or has_scaler(self.fabric):  # which takes no step then, and lowers its scale
            self.stepper.step()
        if not is_finite:
            return self._skip()
        self.skipped.learnt()
        self.ema.update()
        progress.step += 1
        progress.count_loss(loss)
        images = len(group) * self.data.batches.batch_size
        self.logger.stepped(
            StepRecord(progress.epoch, progress.step, self.schedule.learning_rate, loss, images)
        )
        return None

    def _skip(self) -> None:
        self.optimiser.zero_grad()
        self.logger.noted(self.skipped.skip(self.schedule.learning_rate))

    def _require_learning(self) -> None:
        """Raises UserError when every step of the epoch that ends was skipped: more would teach nothing."""
        progress = self.progress
        if progress.step == progress.first_step:
            raise UserError(
                f"epoch {progress.epoch} taught nothing: none of its steps had a finite loss and gradient, "
                f"and the weights are still those of step {progress.step}; start again with a lower --lr "
                f"(now {self.schedule.learning_rate:.1e})"
            )

    def _validation_is_due(self, epoch_ended: bool) -> bool:
        chosen, progress = self.config.validation, self.progress
        if progress.step <= progress.validated_step:  # the steps since were skipped
            return False
        if epoch_ended and progress.epoch == self.config.epochs:
            return True
        if chosen.every_steps is not None:
            return progress.step % chosen.every_steps == 0
        return epoch_ended and progress.epoch % chosen.every_epochs == 0

    def _validate(self, epoch: int) -> None:
        progress = self.progress
        report = validate(self.averaged, self.data.validation_crops, self.data.pairs, self.fabric)
        record = ValidationRecord(
            run=self.folder.run,
            epoch=epoch,
            step=progress.step,
            learning_rate=self.schedule.learning_rate,
            loss=progress.take_mean_loss(),
            skipped=self.skipped.total,
            report=report,
        )
        if self.fabric.is_global_zero:
            self.records.keep(record)
        self.logger.validated(record)
        self.validated = with_interval(self.data.validated, report)
        if progress.step > 0:
            self.schedule.validated(progress.step, report.eer)
        progress.validated_step = progress.step
        self._save()

    def _save(self) -> None:
        if self.fabric.is_global_zero:
            self.state.save(self.folder.state)
        self.last_saved = time.monotonic()

    def _finish(self, interrupted: bool) -> Outcome:
        if self.fabric.is_global_zero:
            if interrupted and self.progress.step > self.progress.validated_step:
                self.records.keep_unvalidated(self.progress.epoch, self.progress.step)
            plot_history(self.records.history.records, self.folder.curves, self.folder.run)
        if self.validated:
            for note in doubt_notes(self.validated):
                self.logger.noted(note)
        return Outcome(self.fabric.global_rank, self.folder, self.records.last_checkpoint, interrupted)

    def _plan(self) -> RunPlan:
        data, config = self.data, self.config
        steps = -(-len(data.batches) // config.batch.accumulate)
        return RunPlan(
            config.model_dump(mode="json"),
            run=self.folder.run,
            folder=self.folder.path,
            device=f"{self.fabric.world_size} x {self.fabric.device.type}"
            if self.fabric.world_size > 1
            else str(self.fabric.device),
            backbone=self.encoder.backbone_name,
            crops=data.batches.crops,
            identities=data.identities,
            held_out=len(data.held_out),
            pairs=len(data.pairs.categories),
            steps_per_epoch=steps,
            first_step=self.progress.step,
        )


def _step_seed(seed: int, epoch: int, batch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch, batch]).generate_state(1)[0])
