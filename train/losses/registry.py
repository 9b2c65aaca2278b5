"""Registry of losses: the names that `--loss` takes."""

from train.losses.adaface import AdaFaceLoss
from train.losses.arcface import ArcFaceLoss
from train.losses.base import FaceLoss
from train.losses.contrastive import ContrastiveLoss
from train.losses.cosface import CosFaceLoss
from train.losses.dynamic_margin import DynamicMarginLoss
from train.losses.names import LossName
from train.losses.pair_logistic import PairLogisticLoss
from train.losses.synthetic_direction import SyntheticDirectionLoss
from train.losses.triplet import TripletLoss

LOSSES: dict[str, type[FaceLoss]] = {  # all of `LossName`
    LossName.DYNAMIC_MARGIN: DynamicMarginLoss,
    LossName.ARCFACE: ArcFaceLoss,
    LossName.COSFACE: CosFaceLoss,
    LossName.ADAFACE: AdaFaceLoss,
    LossName.TRIPLET: TripletLoss,
    LossName.CONTRASTIVE: ContrastiveLoss,
    LossName.PAIR_LOGISTIC: PairLogisticLoss,
    LossName.SYNTHETIC_DIRECTION: SyntheticDirectionLoss,
}
