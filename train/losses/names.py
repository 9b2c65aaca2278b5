"""The names that `--loss` takes; nothing heavy is imported, for `--help` names them."""

from enum import StrEnum


class LossName(StrEnum):
    """A loss; `train.losses.LOSSES` has its class."""

    DYNAMIC_MARGIN = "dynamic_margin"
    ARCFACE = "arcface"
    COSFACE = "cosface"
    ADAFACE = "adaface"
    TRIPLET = "triplet"
    CONTRASTIVE = "contrastive"
    PAIR_LOGISTIC = "pair_logistic"
    SYNTHETIC_DIRECTION = "synthetic_direction"
