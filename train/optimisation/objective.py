"""From a batch of crops to the scalar that a step makes smaller."""

from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional

from train.data.dataset import CropBatch
from train.distributed.gather import gather_rows
from train.distributed.synchronise import gather_batch
from train.losses import FaceLoss
from train.losses.base import EmbeddedBatch
from train.optimisation.distillation import Teacher


class Objective:
    """The loss of the global batch, and what keeps the encoder near its start.

    Args:
        fabric: launched.
        model: the encoder as Fabric wraps it.
        loss_of: on the device of the model.
        knowledge: the encoder at the start, or None.
        keep: weight of staying near it.
    """

    def __init__(
        self,
        fabric: Fabric,
        model: nn.Module,
        loss_of: FaceLoss,
        knowledge: Teacher | None,
        keep: float,
    ) -> None:
        self._fabric = fabric
        self._model = model
        self._loss_of = loss_of
        self._knowledge = knowledge
        self._keep = keep

    def __call__(self, crops: CropBatch) -> Tensor:
        """The loss of the batch whose part of this process is given: a scalar, the same in all processes."""
        features = self._model(crops.crops).float()
        batch = EmbeddedBatch(
            functional.normalize(features, dim=1), features.norm(dim=1), crops.identities, crops.synthetic
        )
        batch = gather_batch(batch)
        loss: Tensor = self._loss_of(batch)
        if self._knowledge is not None:
            with self._fabric.autocast():
                starting = self._knowledge.embed(crops.crops, crops.synthetic)
            loss = loss + self._keep * self._knowledge.departure(batch, gather_rows(starting))
        return loss
