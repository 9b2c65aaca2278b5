"""The checkpoint of a network of pairs."""

from pathlib import Path

from common.metrics.figures import PAIRS
from common.models.checkpoint import CheckpointInfo, is_checkpoint, read_header, read_info, write_checkpoint
from common.models.pair_network import PairNetwork
from common.models.standing import Standing
from common.models.weights.container import read_state_dict
from common.models.weights.fit import load_weights
from common.runtime.errors import UserError

FORMAT = f"facetrust-{PAIRS}-1"


class PairNetworkInfo(CheckpointInfo):
    """What the checkpoint of a network of pairs says of itself; `backbone` is the network's name."""

    @property
    def standing(self) -> Standing:
        """What the leaderboard is to know of it."""
        return super().standing.model_copy(update={"task": PAIRS})


def save_pair_network(path: Path, pairs: PairNetwork, info: PairNetworkInfo) -> None:
    """Write weights and `info` atomically. Raises OSError when the file cannot be written."""
    write_checkpoint(path, pairs.network, FORMAT, info=info, standing=info.standing)


def is_pair_network(path: Path) -> bool:
    """Whether a file is the checkpoint of a network of pairs. Raises UserError as `is_checkpoint`."""
    return is_checkpoint(path) and read_header(path).get("format") == FORMAT


def load_pair_network(path: Path) -> tuple[PairNetwork, PairNetworkInfo]:
    """The network of a checkpoint, in eval mode on the CPU, and its header.

    Raises UserError when the file is not a whole checkpoint of a network of pairs, or its weights are not
    finite.
    """
    info = read_info(path, PairNetworkInfo, FORMAT, "train run --config pair_cnn")
    try:
        pairs = PairNetwork(info.backbone, info.input_format)
    except UserError as error:
        raise UserError(
            f"{path} needs the network '{info.backbone}', which is not to be had here: {error}"
        ) from error
    load_weights(pairs.network, read_state_dict(path), source=str(path))
    return pairs.eval(), info
