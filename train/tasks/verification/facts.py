"""What a checkpoint remembers of the data: synthetic faces trained on, people and pairs validated with."""

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.metrics.figures import Figures, finite
from common.models.training_facts import SyntheticTraining, ValidationFacts
from train.data.dataset import CropDataset, FaceCrops
from train.data.forging_config import ForgeConfig
from train.data.validation_pairs import ValidationPairs


def synthetic_training(
    dataset: CropDataset, trained: NDArray[np.int64], config: ForgeConfig
) -> SyntheticTraining:
    """The synthetic crops among the rows trained on, and the methods of forging, offline and on the fly."""
    synthetic = dataset.synthetic[trained]
    made = dataset.forgeries()
    methods = {forged.method for row in trained[synthetic].tolist() if (forged := made[row]) is not None}
    if config.share:
        methods |= set(config.methods)
    return SyntheticTraining(crops=int(synthetic.sum()), methods=tuple(sorted(methods)))


def validation_facts(crops: FaceCrops, pairs: ValidationPairs) -> ValidationFacts:
    """How many people and pairs a validation has; its interval is not known before it."""
    genuine = int((pairs.categories == PairCategory.SAME_PERSON.code).sum())
    people = len(np.unique(crops.identities[pairs.rows]))
    return ValidationFacts(people=people, genuine=genuine, impostors=len(pairs.categories) - genuine)


def with_interval(facts: ValidationFacts, figures: Figures) -> ValidationFacts:
    """The facts with the interval of the EER, where it has one."""
    interval = figures.intervals.get("eer")
    if interval is None:
        return facts
    return facts.model_copy(update={"eer_low": interval.low, "eer_high": interval.high})


def with_synthetic_eer(
    facts: SyntheticTraining, figures: Figures, pairs: ValidationPairs
) -> SyntheticTraining:
    """The facts with what figures say of the synthetic ones among the validation pairs."""
    eer = figures.values.get(f"eer/{PairCategory.SYNTHETIC.value}")
    return facts.model_copy(update={"eer": finite(eer), "pairs": synthetic_pairs(pairs)})


def synthetic_pairs(pairs: ValidationPairs) -> int:
    """How many of the pairs have a synthetic face."""
    return int((pairs.categories == PairCategory.SYNTHETIC.code).sum())
