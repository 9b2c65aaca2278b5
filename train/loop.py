"""The training run of any task, readable from top to bottom."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from lightning_fabric import Fabric

from common.metrics.figures import Figures
from common.models.leaderboard import last_checkpoint
from common.runtime.atomic import remove_stale_temporaries
from common.runtime.errors import UserError
from train.data.loader import WaitedFor, grouped, open_loader, settle_workers
from train.distributed.devices import device_notes, processes_here
from train.distributed.synchronise import synchronise
from train.interruption import Interruption
from train.loggers.base import Logger, RunPlan, StepRecord, ValidationRecord
from train.optimisation.ema import ModelEma
from train.optimisation.freezing import FrozenStages
from train.optimisation.low_rank import LowRank, merged
from train.optimisation.optimiser import create_optimiser, gradient_scaler
from train.optimisation.schedule import Schedule
from train.optimisation.skipping import SkippedBatches
from train.out_of_memory import explain_out_of_memory
from train.plots.plot import plot_history
from train.records.checkpoints import CHECKPOINT_FOLDER, keep_checkpoint
from train.records.history import PerformanceHistory
from train.records.run_folder import RunFolder
from train.records.state import Progress, RunState
from train.run_config import RunConfig
from train.tasks.base import Moment
from train.tasks.registry import task_named


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    rank: int  # of this process; the other fields are equal in all
    folder: RunFolder
    task: str
    last_checkpoint: Path
    interrupted: bool  # it stopped before its last epoch, and can be resumed


def train(fabric: Fabric, config: RunConfig, folder: RunFolder, logger: Logger) -> Outcome:
    """Train as configured; where `folder` holds the state of a run, that run goes on.

    On a CPU in float32 the weights depend only on the configuration, the shards and the number of threads:
    not on where a run was killed and resumed and, but for rounding, not on the number of processes.

    Args:
        fabric: launched; each of its processes calls this.
        config: all that the run depends on, its task among it.
        folder: of the run, the same in all processes.
        logger: told of every step and validation.

    Raises UserError when the data, the weights or the configuration do not allow a run, when it diverges, and
    when memory does not suffice.
    """
    with explain_out_of_memory(config, fabric.world_size):
        run = _Run(fabric, config, folder, logger)
        try:
            return run.to_the_end()
        finally:
            run.end_reading()


class _Run:
    """The parts of a run, and the loop over them."""

    def __init__(self, fabric: Fabric, config: RunConfig, folder: RunFolder, logger: Logger) -> None:
        self.fabric, self.config, self.folder, self.logger = fabric, config, folder, logger
        torch.manual_seed(config.seed)
        self.task = task = task_named(config.task)(config, folder, fabric)
        if not len(task.batches):
            raise UserError(
                f"{task.batches.crops:,} crops to train on are fewer than a batch of "
                f"{task.batches.batch_size:,}; lower --batch-size"
            )
        task.batches.rank_share = (fabric.global_rank, fabric.world_size)
        network, criterion = task.network.to(fabric.device), task.criterion.to(fabric.device)
        synchronise(network, fabric)
        self.low_rank = LowRank(network, config.lora, task.fresh())
        self.frozen = FrozenStages(task.stages(), config.freeze, task.network_name)

        self.optimiser = create_optimiser(config.optimiser, fabric, task.parameter_groups())
        compiled = cast(torch.nn.Module, torch.compile(network)) if config.hardware.compile else network
        self.model, self.stepper = fabric.setup(compiled, self.optimiser)
        self.scaler = gradient_scaler(fabric)
        steps = config.epochs * self._steps_per_epoch()
        self.schedule = Schedule(self.optimiser, config.optimiser, task.rankings[0].better, steps)
        self.ema = ModelEma(network, config.optimiser.average_decay)
        self.skipped = SkippedBatches(torch.nn.ModuleList([network, criterion]), config.optimiser.max_skipped)
        self.checkpoints = config.out / CHECKPOINT_FOLDER
        self.history = PerformanceHistory(config.out)
        for written in (config.out, self.checkpoints):
            remove_stale_temporaries(written)
        workers = settle_workers(config.batch.loader_workers, fabric.device, processes_here(config.hardware))
        self.loader: Iterable[Any] = fabric.setup_dataloaders(  # under no other name, see `end_reading`
            open_loader(task.dataset, task.batches, workers, fabric.device), use_distributed_sampler=False
        )
        self.reader = WaitedFor(iter(()))  # of the epoch

        self.progress = Progress()
        self.state = RunState(
            self.progress,
            task.fingerprint,
            {  # keys in state.pt; renaming one breaks --resume
                "encoder": network,
                "loss": criterion,
                "optimiser": self.optimiser,
                "schedule": self.schedule,
                "average": self.ema,
                "skipped": self.skipped,
                "precision": fabric.strategy.precision,
            },
        )
        self.last_saved = time.monotonic()
        self.figures: Figures | None = None  # of the last validation of this session

    def to_the_end(self) -> Outcome:
        """Validate, then train epoch by epoch, until the last one or until asked to stop."""
        self._begin()
        self.logger.started(self._plan())
        notes = [*device_notes(self.config.hardware, self.fabric), *self.task.notes(self.progress.step)]
        for note in [*notes, *self.low_rank.notes(self.task.network)]:
            self.logger.noted(note)
        progress, batches, interrupted = self.progress, self.task.batches, False
        with Interruption(self.fabric) as interruption:
            if progress.validated_step < 0:
                self._validate(epoch=0)
            while progress.epoch <= self.config.epochs and not interrupted:
                batches.epoch, batches.first_batch = progress.epoch, progress.batch
                self.reader = WaitedFor(iter(self.loader))
                for group in grouped(self.reader, self.config.batch.accumulate):
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

    def end_reading(self) -> None:
        """End the processes that read ahead, whose loader torch may keep beyond the run, frames and all."""
        self.reader = WaitedFor(iter(()))
        del self.loader

    def _begin(self) -> None:
        """Take up the saved state, or lay down what a run needs that is killed from here on."""
        if self.folder.state.exists():
            self.state.load(self.folder.state)
            if self.fabric.is_global_zero:
                self.folder.write_config(self.config)
            if self.progress.epoch > self.config.epochs:
                self.logger.noted(f"run {self.folder.run} is finished; --epochs gives it more")
        elif self.fabric.is_global_zero:
            self.task.begin()
            self._save()

    def _step(self, group: list[Any]) -> None:
        """One step of the optimiser, with the gradients of a group of batches."""
        config, progress = self.config, self.progress
        torch.manual_seed(_step_seed(config.seed, progress.epoch, progress.batch))
        self.task.network.train()
        self.low_rank.hold()
        self.frozen.hold()
        self.skipped.before_step()
        self.schedule.before_step(progress.step)
        self.optimiser.zero_grad()
        parts = []
        for position, batch in enumerate(group):
            with self.fabric.no_backward_sync(self.model, enabled=position + 1 < len(group)):
                part = self.task.loss(self.model, batch) / len(group)
                parts.append(part.detach())
                self.fabric.backward(part)
        norm = self.fabric.clip_gradients(
            self.model, self.stepper, max_norm=config.optimiser.clip_norm, error_if_nonfinite=False
        )
        # the one time in a step that the host waits for a GPU
        *losses, length = torch.stack([*parts, parts[0] if norm is None else norm]).tolist()
        loss, is_finite = sum(losses), bool(np.isfinite(length))
        if not np.isfinite(loss):
            if self.scaler is not None:  # it has begun with the gradients, which are no fault of its scale
                self.scaler.update(self.scaler.get_scale())
            return self._skip()
        scale = None if is_finite or self.scaler is None else self.scaler.get_scale()
        if is_finite or self.scaler is not None:  # the GradScaler skips the step itself
            self.stepper.step()
        if not is_finite:
            return self._skip(scale)
        self.skipped.learnt()
        self.ema.update()
        progress.step += 1
        progress.count_loss(loss)
        images = len(group) * self.task.batches.batch_size
        waited, rate = self.reader.take_seconds(), self.schedule.learning_rate
        self.logger.stepped(StepRecord(progress.epoch, progress.step, rate, loss, images, waited))

    def _skip(self, scale: float | None = None) -> None:
        """Undo a step without a finite loss or gradient; `scale` was that of its gradients in float16."""
        self.optimiser.zero_grad()
        if self.scaler is not None and scale is not None and 1 < scale > (lower := self.scaler.get_scale()):
            self.logger.noted(self.skipped.rescale(lower))
        else:
            self.logger.noted(self.skipped.skip(self.schedule.learning_rate))

    def _require_learning(self) -> None:
        """Raises UserError when every step of the epoch that ends was skipped: more would teach nothing.

        But more may where only the scale of float16 was being looked for, unless no epoch is left.
        """
        progress = self.progress
        is_last = progress.epoch == self.config.epochs and progress.step == 0
        if progress.step == progress.first_step and (is_last or self.skipped.in_a_row):
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
        progress, task, network = self.progress, self.task, merged(self.ema.network)
        self.figures = figures = task.validate(network)
        record = ValidationRecord(
            run=self.folder.run,
            epoch=epoch,
            step=progress.step,
            learning_rate=self.schedule.learning_rate,
            loss=progress.take_mean_loss(),
            skipped=self.skipped.total,
            figures=figures,
            task=task.name,
            pretraining=task.pretraining,
        )
        if self.fabric.is_global_zero:
            moment = Moment(self.folder.run, epoch, progress.step, figures)
            save = partial(task.save, network=network, moment=moment)
            keep_checkpoint(self.checkpoints, task.standing(moment), save)
            task.validated(network, moment)
            self.history.append(record)
        self.logger.validated(record)
        if progress.step > 0:
            self.schedule.validated(progress.step, figures.decisive)
        progress.validated_step = progress.step
        self._save()

    def _save(self) -> None:
        if self.fabric.is_global_zero:
            self.state.save(self.folder.state)
        self.last_saved = time.monotonic()

    def _finish(self, interrupted: bool) -> Outcome:
        last = last_checkpoint(self.checkpoints, self.task.name)
        progress = self.progress
        if self.fabric.is_global_zero:
            if interrupted and progress.step > progress.validated_step:
                moment = Moment(self.folder.run, progress.epoch, progress.step)
                self.task.save(last, merged(self.ema.network), moment)
            plot_history(self.history.records, self.folder.curves, self.folder.run)
        if self.figures is not None:
            for note in self.task.closing_notes(self.figures):
                self.logger.noted(note)
        return Outcome(self.fabric.global_rank, self.folder, self.task.name, last, interrupted)

    def _steps_per_epoch(self) -> int:
        return -(-len(self.task.batches) // self.config.batch.accumulate)

    def _plan(self) -> RunPlan:
        task, fabric = self.task, self.fabric
        several = f"{fabric.world_size} x {fabric.device.type}"
        return RunPlan(
            self.config.model_dump(mode="json"),
            run=self.folder.run,
            folder=self.folder.path,
            device=several if fabric.world_size > 1 else str(fabric.device),
            network=task.network_name,
            data=task.summary,
            facts=task.facts,
            columns=task.columns,
            steps_per_epoch=self._steps_per_epoch(),
            first_step=self.progress.step,
            from_scratch=task.from_scratch,
            wants_gpu=task.wants_gpu,
        )


def _step_seed(seed: int, epoch: int, batch: int) -> int:
    return int(np.random.SeedSequence([seed, epoch, batch]).generate_state(1)[0])
