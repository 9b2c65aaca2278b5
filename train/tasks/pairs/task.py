"""The task of pairs: network, loss, validation, checkpoints; its data are those of verification."""

from pathlib import Path
from typing import cast

import numpy as np
from lightning_fabric import Fabric
from torch import Tensor, nn

from common.metrics import VerificationReport, evaluate_pairs, with_intervals
from common.metrics.figures import PAIRS, Figures
from common.models.classifier import classifier_input
from common.models.pair_checkpoint import PairNetworkInfo, load_pair_network, save_pair_network
from common.models.pair_network import PairNetwork, likelihood
from common.runtime.errors import UserError
from train.config import TrainConfig
from train.data.dataset import CropBatch
from train.distributed.gather import gather_rows
from train.distributed.shares import computed_by_first, computed_in_shares
from train.records.run_folder import RunFolder
from train.tasks.base import Moment, evaluating, is_heavy
from train.tasks.verification.figures import figures_of
from train.tasks.verification.on_pairs import OnPairs

DEFAULT_NETWORK = "plain_cnn"
DROPOUT = 0.3
AT_ONCE = 64  # pairs of a validation


class Pairs(OnPairs):
    """Task of a network of pairs that is trained on people, or listed pairs, and validated on others' pairs.

    Its target is 1 for two bona fide crops of one person.
    """

    name = PAIRS

    def __init__(self, config: TrainConfig, folder: RunFolder, fabric: Fabric) -> None:
        super().__init__(config, folder, fabric)
        if self.batches.batch_size % (2 * fabric.world_size):
            raise UserError(
                f"a batch of {self.batches.batch_size} crops cannot be shared by {fabric.world_size} devices "
                f"as whole pairs; set --batch-size to a multiple of {2 * fabric.world_size}"
            )
        given = Path(config.pretrained) if config.pretrained else None
        start = folder.start if folder.start.exists() else given
        self.before = None
        if start:
            network, self.before = load_pair_network(start)
            self._check_start(network, start)
            self.start_notes = [f"weights of {start}: run {self.before.run}, epoch {self.before.epoch}"]
        else:
            name, size = config.backbone or DEFAULT_NETWORK, self.data.dataset.size
            network = PairNetwork(name, classifier_input(name, size), DROPOUT)
        self.is_random = not start
        self.network: PairNetwork = network.to(fabric.device)
        self.data.dataset.require(self.network.input_format.size)
        self.criterion = nn.BCEWithLogitsLoss()
        self.network_name = self.network.network_name
        self.from_scratch = False  # there are no published weights to begin with
        self.wants_gpu = is_heavy(self.network)

    def _check_start(self, network: PairNetwork, start: Path) -> None:
        if self.config.backbone not in (None, network.network_name):
            raise UserError(
                f"{start} is a {network.network_name}, not a {self.config.backbone}; add --backbone "
                f"{network.network_name}"
            )

    def stages(self) -> list[nn.Module]:
        return self.network.network.stages()

    def loss(self, network: nn.Module, batch: CropBatch) -> Tensor:
        """Binary cross-entropy of the pairs of the global batch, whose crops lie side by side."""
        first, second = (CropBatch(*(column[side::2] for column in batch)) for side in (0, 1))
        same = first.identities == second.identities
        genuine = same & ~first.synthetic & ~second.synthetic
        logits = gather_rows(network(first.crops, second.crops))
        loss: Tensor = self.criterion(logits, gather_rows(genuine.to(logits.dtype)))
        return loss

    def validate(self, network: nn.Module) -> Figures:
        pairs = self.data.pairs
        with evaluating(network):
            logits = computed_in_shares(
                np.arange(len(pairs.rows)), lambda part: self._logits(network, part), (), AT_ONCE, self.fabric
            )
        if not logits.isfinite().all():
            raise UserError("the scores are no longer finite: training diverged; lower --lr")
        return figures_of(computed_by_first(lambda: self._report(logits), self.fabric))

    def _logits(self, network: nn.Module, part: np.ndarray) -> Tensor:
        crops, device = self.data.validation_crops, self.fabric.device
        first, second = (crops[rows].crops.to(device) for rows in self.data.pairs.rows[part].T)
        return cast(PairNetwork, network).score(first, second)

    def _report(self, logits: Tensor) -> VerificationReport:
        pairs, identities = self.data.pairs, self.data.validation_crops.identities
        scores = likelihood(logits)
        report = evaluate_pairs(pairs.categories, scores)
        return with_intervals(report, pairs.categories, scores, identities[pairs.rows])

    def save(self, path: Path, network: nn.Module, moment: Moment) -> None:
        save_pair_network(path, cast(PairNetwork, network), self.info(moment))

    def info(self, moment: Moment) -> PairNetworkInfo:
        return self.filled_info(PairNetworkInfo, moment, self.network.input_format)
