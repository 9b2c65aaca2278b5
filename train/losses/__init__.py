"""Losses by name: what `--loss` takes."""

from train.losses.base import FaceLoss
from train.losses.dynamic_margin import DynamicMarginLoss
from train.losses.synthetic_direction import SyntheticDirectionLoss
from train.losses.weighted_sum import WeightedSum

LOSSES: dict[str, type[FaceLoss]] = {"dynamic_margin": DynamicMarginLoss}


def create_loss(
    name: str, parameters: dict[str, float], synthetic_weight: float, embedding_size: int
) -> FaceLoss:
    """The loss of this name, plus `synthetic_weight` times the synthetic-direction loss.

    Raises KeyError for a name that is not in `LOSSES`, TypeError for parameters that the loss does not have.
    """
    loss = LOSSES[name](**parameters)
    if synthetic_weight == 0:
        return loss
    return WeightedSum([(1.0, loss), (synthetic_weight, SyntheticDirectionLoss(embedding_size))])


__all__ = ["LOSSES", "FaceLoss", "create_loss"]
