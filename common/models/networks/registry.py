"""The names that `--backbone` of a classifier takes, and the networks behind them."""

from collections.abc import Callable
from difflib import get_close_matches

from common.models.backbones.sizes import check_size
from common.models.backbones.timm_names import PREFIX, check_timm_name
from common.models.networks.network import ClassifierNetwork
from common.models.networks.timm_network import TimmNetwork
from common.runtime.errors import UserError

# each takes the pixels of a crop's side and the dropout before the last layer
NETWORKS: dict[str, Callable[[int, float], ClassifierNetwork]] = {}


def check_network_name(name: str) -> None:
    """Raises UserError that names near ones unless `create_network` knows `name`."""
    if name.startswith(PREFIX):
        check_timm_name(name.removeprefix(PREFIX))
    elif name not in NETWORKS:
        near = get_close_matches(name, NETWORKS, n=1)
        hint = (
            f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(NETWORKS)}, or {PREFIX}NAME"
        )
        raise UserError(f"unknown network '{name}'; {hint}")


def create_network(name: str, size: int, dropout: float = 0.0) -> ClassifierNetwork:
    """A new network of a classifier, with random weights from torch's global generator.

    Args:
        name: one of `NETWORKS`, or `timm:NAME` for any network of timm.
        size: pixels of a crop's side.
        dropout: share of the features before the last layer that is dropped in training.

    Raises UserError for an unknown name, and for a size that this network cannot take.
    """
    check_network_name(name)
    check_size(size)
    if name.startswith(PREFIX):
        return TimmNetwork(size, dropout, name.removeprefix(PREFIX))
    return NETWORKS[name](size, dropout)
