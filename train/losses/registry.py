"""The names that `--loss` takes, and how a loss is described and made."""

from pydantic import BaseModel, ConfigDict, Field

from train.losses.base import FaceLoss
from train.losses.dynamic_margin import DynamicMarginLoss
from train.losses.synthetic_direction import SyntheticDirectionLoss
from train.losses.weighted_sum import WeightedSum

LOSSES: dict[str, type[FaceLoss]] = {"dynamic_margin": DynamicMarginLoss}


class LossConfig(BaseModel):
    """Which loss, its parameters under their own names, and the weight of the auxiliary term."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "dynamic_margin"
    parameters: dict[str, float] = {}
    synthetic_weight: float = Field(0, ge=0)  # of the synthetic-direction loss


def create_loss(config: LossConfig, embedding_size: int) -> FaceLoss:
    """The loss that `config` describes, for embeddings of this length.

    Raises KeyError for a name that is not in `LOSSES`, TypeError for parameters that the loss does not have.
    """
    loss = LOSSES[config.name](**config.parameters)
    if config.synthetic_weight == 0:
        return loss
    return WeightedSum([(1.0, loss), (config.synthetic_weight, SyntheticDirectionLoss(embedding_size))])
