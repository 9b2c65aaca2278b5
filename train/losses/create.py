"""A loss from its configuration."""

from train.losses.base import FaceLoss
from train.losses.config import LossConfig, LossTerm
from train.losses.parameters import needed_sizes
from train.losses.registry import LOSSES
from train.losses.weighted_sum import WeightedSum


def create_loss(config: LossConfig, embedding_size: int, identities: int) -> FaceLoss:
    """The loss that `config` describes: plain if it is one term of weight 1, else a `WeightedSum`.

    Args:
        config: what to make.
        embedding_size: length of an embedding.
        identities: number of training identities; some losses learn a centre for each.
    """
    sizes = {"embedding_size": embedding_size, "identities": identities}
    parts = [(term.weight, _create(term, sizes)) for term in (config, *config.add)]
    if len(parts) == 1 and config.weight == 1:
        return parts[0][1]
    return WeightedSum(parts)


def _create(term: LossTerm, sizes: dict[str, int]) -> FaceLoss:
    loss = LOSSES[term.name]
    return loss(**{name: sizes[name] for name in needed_sizes(loss)}, **term.parameters)
