"""Base class of tasks; what all trainings share is in `train.loop`."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.utils.data import Dataset

from common.metrics.figures import Figures, Ranking
from common.models.checkpoint import write_checkpoint
from common.models.standing import Standing
from train.data.batches import PlannedBatches
from train.display import Column, Panel
from train.records.run_folder import RunFolder
from train.run_config import RunConfig

LIGHT_PARAMETERS = 5_000_000  # a CPU can train a network of so many


@dataclass(frozen=True)
class Moment:
    """When in a run a checkpoint is taken."""

    run: str
    epoch: int
    step: int
    figures: Figures | None = None  # of the validation that was just done, if any


class Task(ABC):
    """The task of a run: its data, network, loss, validation and checkpoints.

    It reads its data and makes its network when it is constructed, in each process of the run; torch's global
    generator is seeded then, so that random weights are the same in all. The loop moves network and criterion
    to the device, and has the network's batch normalisation and dropout look at the batch of all processes.

    Raises UserError when data, weights or configuration do not allow a run.

    Attributes:
        config: all that the run depends on.
        name: in the configuration, the history and the checkpoints.
        rankings: of its checkpoints; the first decides on the learning rate and on the best checkpoint.
        columns: of the console, for its figures.
        network: what is trained, validated and kept.
        criterion: what is trained beside it and not kept, such as the centres of a loss.
        dataset: what is trained on; indexed by a `BatchPlan` it gives a batch.
        batches: the plans of the batches of an epoch.
        fingerprint: equal for equal data; a run is not resumed on other data.
        validation: fingerprint of what is validated on; figures compare only where it is equal.
        network_name: for people and file names.
        summary: of the data, for people.
        facts: the numbers in it, by name.
        from_scratch: whether the weights are random where others are to be had.
        wants_gpu: whether a CPU is too slow for the network.
        pretraining: the run whose pre-training it starts from, if any.
    """

    name: ClassVar[str]
    rankings: ClassVar[tuple[Ranking, ...]]
    columns: ClassVar[tuple[Column, ...]]
    config: RunConfig
    network: nn.Module
    criterion: nn.Module
    dataset: Dataset[Any]
    batches: PlannedBatches
    fingerprint: str
    validation: str
    network_name: str
    summary: str
    facts: dict[str, int]
    from_scratch: bool = False
    wants_gpu: bool = False
    pretraining: str = ""

    def __init__(self, config: RunConfig, folder: RunFolder, fabric: Fabric) -> None:
        self.config, self.folder, self.fabric = config, folder, fabric

    @classmethod
    @abstractmethod
    def panels(cls, several: bool) -> Sequence[Panel]:
        """How a picture shows the figures of one run, or of several."""

    @abstractmethod
    def loss(self, network: nn.Module, batch: Any) -> Tensor:
        """A scalar of the batch of all processes, whose part of this process is given; the same in all.

        `network` is the one that is trained, as Fabric wraps it. What the others computed comes from
        `train.distributed.gather.gather_rows`.
        """

    @abstractmethod
    def validate(self, network: nn.Module) -> Figures:
        """The figures of `network` or of its EMA, the same in all processes; its modules stay in their modes.

        Raises UserError when the network has diverged.
        """

    def stages(self) -> list[nn.Module]:
        """The parts of the network, from the input on, that `--freeze` counts."""
        return []

    def fresh(self) -> list[nn.Module]:
        """The parts of the network that `--lora` trains whole, such as a head that starts at random."""
        return []

    def parameter_groups(self) -> list[tuple[float, list[nn.Parameter]]]:
        """The parameters of network and criterion, each group with the share of the learning rate it gets."""
        return [(1.0, [*self.network.parameters(), *self.criterion.parameters()])]

    def begin(self) -> None:  # noqa: B027 - most tasks have nothing to write
        """Write what belongs to the folder of a new run; called in the first process, before any step."""

    def notes(self, first_step: int) -> list[str]:
        """What a person should know before the first step of this session."""
        return []

    def validated(self, network: nn.Module, moment: Moment) -> None:  # noqa: B027 - most keep no more
        """Keep what a task wants of a validation; called in the first process, after the checkpoints."""

    def closing_notes(self, figures: Figures) -> list[str]:
        """What a person should know of the last figures of this session."""
        return []

    def standing(self, moment: Moment) -> Standing:
        """What the leaderboard is to know of the weights of a moment."""
        figures = moment.figures
        return Standing(
            task=self.name,
            network=self.network_name,
            run=moment.run,
            epoch=moment.epoch,
            step=moment.step,
            validation=self.validation,
            rankings=self.rankings,
            figures={by.name: figures.values[by.name] for by in self.rankings} if figures else {},
            interval=figures.intervals.get(figures.primary.name) if figures else None,
        )

    def save(self, path: Path, network: nn.Module, moment: Moment) -> None:
        """Write a checkpoint, atomically. Raises OSError when it cannot be written."""
        write_checkpoint(path, network, f"facetrust-{self.name}-1", standing=self.standing(moment))


def is_heavy(network: nn.Module) -> bool:
    """Whether a CPU is too slow to train a network, by the number of its parameters."""
    return sum(each.numel() for each in network.parameters()) > LIGHT_PARAMETERS


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; afterwards each module is as it was: some may be frozen in eval mode."""
    training = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, was in training.items():
            module.training = was
