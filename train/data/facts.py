"""What a checkpoint is to remember of the data: the synthetic faces trained on, what validation rests on."""

import math

import numpy as np
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from common.metrics import VerificationReport
from common.models.training_facts import FEWEST_SYNTHETIC, SyntheticTraining, ValidationFacts
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


def with_interval(facts: ValidationFacts, report: VerificationReport) -> ValidationFacts:
    """The facts with the interval of a report's EER, where it has one."""
    interval = report.intervals.get("eer")
    if interval is None:
        return facts
    return facts.model_copy(update={"eer_low": interval.low, "eer_high": interval.high})


def with_synthetic_eer(facts: SyntheticTraining, report: VerificationReport) -> SyntheticTraining:
    """The facts with what a report says of the synthetic validation pairs."""
    eer = report.eer_by_category.get(PairCategory.SYNTHETIC, math.nan)
    pairs = report.by_category[PairCategory.SYNTHETIC].total
    return facts.model_copy(update={"eer": None if math.isnan(eer) else eer, "pairs": pairs})


def doubt_notes(facts: ValidationFacts) -> list[str]:
    """A note for people where a validation rests on too little to rely on it; else none."""
    doubts = facts.doubts()
    if doubts is None:
        return []
    return [
        "the validation EER, its threshold and the choice of the best checkpoint are not to be relied on: "
        f"{doubts}; validate on more people, with --set validation.share=0.3 or --validation-pairs"
    ]


def unproven_notes(facts: SyntheticTraining, pairs: ValidationPairs) -> list[str]:
    """A note for people where validation cannot show how well forgeries trained on are told; else none."""
    count = int((pairs.categories == PairCategory.SYNTHETIC.code).sum())
    if not facts.saw_synthetic or count >= FEWEST_SYNTHETIC:
        return []
    return [
        f"{count:,} of the validation pairs have a synthetic face, and it takes {FEWEST_SYNTHETIC} to show "
        "that the model tells these: without, no verdict of it calls a photograph bona fide; hold out more "
        "people with synthetic crops, with --set validation.share=0.3 or --validation-pairs"
    ]
