"""The training run, readable from top to bottom."""

import math
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from torch.optim import AdamW
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader

from common.encoder import Encoder
from common.errors import UserError
from train.augment import augment
from train.averaging import AveragedEncoder
from train.batches import IdentityBatches
from train.config import TrainConfig
from train.dataset import CropBatch, CropDataset
from train.estimate import seconds_per_crop
from train.initial_weights import initial_encoder
from train.losses import FaceLoss, create_loss
from train.monitor import Monitor, RunPlan
from train.records import RunRecords
from train.split import held_out_identities
from train.validation import ValidationPairs, draw_validation_pairs, validate


def train(config: TrainConfig, monitor: Monitor) -> Path:
    """Fine-tune an encoder as configured; returns the checkpoint of the last epoch.

    On a CPU in float32 the weights depend only on the configuration, the shards and the number of threads.
    Raises UserError when the data, the weights or the configuration do not allow a run, or when it diverges.
    """
    torch.manual_seed(config.seed)
    fabric = Fabric(devices=1, precision="16-mixed" if torch.cuda.is_available() else "32-true")
    dataset = CropDataset(config.data)
    held_out = held_out_identities(dataset.identity_names, config.validation.share, config.seed)
    pairs = draw_validation_pairs(dataset, held_out, config.validation.pairs_per_category, config.seed)
    batches = _training_batches(config, dataset, held_out)

    encoder = initial_encoder(config.backbone, config.pretrained)
    dataset.require(encoder.input_format.size)
    loss_of = create_loss(config.loss, encoder.embedding_size).to(fabric.device)
    optimiser = _optimiser(config, encoder, loss_of)
    scheduler = _scheduler(config, optimiser)
    model, optimiser = fabric.setup(encoder, optimiser)
    loader = fabric.setup_dataloaders(_loader(dataset, batches, config.batch.loader_workers))
    average = AveragedEncoder(encoder, config.optimiser.average_decay)
    records = RunRecords(config, average.encoder, pairs.fingerprint)

    def validated(epoch: int, step: int, loss: float | None) -> float:
        report = validate(average.encoder, dataset, pairs)
        learning_rate = optimiser.param_groups[0]["lr"]
        records.keep(epoch, step, learning_rate, loss, report)
        monitor.validated(epoch, learning_rate, loss, report)
        return report.eer

    monitor.started(_plan(config, fabric, dataset, batches, pairs, len(held_out), seconds_per_crop(encoder)))
    validated(0, 0, None)
    step = 0
    for epoch in range(1, config.epochs + 1):
        model.train()
        batches.epoch = epoch
        losses = []
        for crops, identities, synthetic in loader:
            images = augment(crops, torch.Generator().manual_seed(_step_seed(config.seed, step)))
            loss = loss_of(model(images), identities, synthetic)
            losses.append(_finite(loss))
            optimiser.zero_grad()
            fabric.backward(loss)
            fabric.clip_gradients(model, optimiser, max_norm=config.optimiser.clip_norm)
            optimiser.step()
            average.update()
            step += 1
            monitor.stepped(epoch, len(losses), losses[-1])
        if epoch % config.validation.every_epochs == 0 or epoch == config.epochs:
            scheduler.step(validated(epoch, step, float(np.mean(losses))))
    return records.last_checkpoint


def _optimiser(config: TrainConfig, encoder: Encoder, loss_of: FaceLoss) -> AdamW:
    parameters = [*encoder.parameters(), *loss_of.parameters()]
    return AdamW(parameters, config.optimiser.learning_rate, weight_decay=config.optimiser.weight_decay)


def _scheduler(config: TrainConfig, optimiser: AdamW) -> ReduceLROnPlateau:
    chosen = config.optimiser
    return ReduceLROnPlateau(optimiser, "min", chosen.plateau_factor, chosen.plateau_patience)


def _plan(
    config: TrainConfig,
    fabric: Fabric,
    dataset: CropDataset,
    batches: IdentityBatches,
    pairs: ValidationPairs,
    held_out: int,
    seconds: float,
) -> RunPlan:
    return RunPlan(
        config,
        str(fabric.device),
        crops=batches.crops,
        identities=len(dataset.identity_names) - held_out,
        held_out=held_out,
        pairs=len(pairs.categories),
        steps_per_epoch=len(batches),
        seconds_per_epoch=len(batches) * batches.batch_size * seconds,
    )


def _training_batches(config: TrainConfig, dataset: CropDataset, held_out: set[str]) -> IdentityBatches:
    names = np.isin(dataset.identity_names, sorted(held_out), invert=True)
    return IdentityBatches(
        dataset.identities,
        dataset.synthetic,
        np.flatnonzero(names[dataset.identities]),
        people=config.batch.size // config.batch.photos_per_identity,
        photos=config.batch.photos_per_identity,
        synthetic_share=config.batch.synthetic_share,
        seed=config.seed,
    )


def _loader(dataset: CropDataset, batches: IdentityBatches, workers: int) -> DataLoader[CropBatch]:
    # spawned, not forked: HDF5 files that are open in this process must not be shared with another
    return DataLoader(
        dataset,
        batch_size=None,
        sampler=batches,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=torch.cuda.is_available(),
        multiprocessing_context="spawn" if workers else None,
    )


def _step_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])


def _finite(loss: torch.Tensor) -> float:
    value = loss.item()
    if not math.isfinite(value):
        raise UserError("the loss is no longer finite: training diverged; lower --lr")
    return value
