"""What a checkpoint remembers of the data that it was validated with: people and pairs."""

import numpy as np

from common.formats.pair_category import PairCategory
from common.metrics.figures import Figures, finite
from common.models.training_facts import SyntheticTraining, ValidationFacts
from train.data.dataset import FaceCrops
from train.data.validation_pairs import ValidationPairs


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
