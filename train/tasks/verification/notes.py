"""Notes for people on the data of verification."""

from common.models.training_facts import FEWEST_SYNTHETIC, SyntheticTraining, ValidationFacts
from train.config import TrainConfig
from train.data.dataset import FaceCrops
from train.data.forging import WithForgeries
from train.data.pair_list import ListedPairs
from train.data.validation_pairs import ValidationPairs
from train.load_config import without_effect
from train.tasks.verification.facts import synthetic_pairs


def settings_notes(config: TrainConfig, batch_size: int) -> list[str]:
    """What of the configuration plays no part, or not as it says."""
    notes = [
        f"{option} of the configuration has no effect without {needed}"
        for option, needed in without_effect(config)
    ]
    if batch_size < config.batch.size:
        notes.append(
            f"a batch has {batch_size:,} crops, not {config.batch.size:,}: it is made of whole people or "
            "pairs, each once"
        )
    return notes


def forging_notes(config: TrainConfig, validated: FaceCrops) -> list[str]:
    """How much is forged of what is trained on and validated with; none without forging."""
    if not config.forge.share:
        return []
    notes = [f"{config.forge.share:.0%} of each batch is forged: {', '.join(config.forge.methods)}"]
    if isinstance(validated, WithForgeries):
        notes.append(
            f"people held out who have no synthetic crops are validated with {validated.forgeries:,} "
            "forgeries by the same methods"
        )
    return notes


def list_notes(listed: ListedPairs) -> list[str]:
    """What was made of a list of pairs."""
    notes = list(listed.notes)
    if listed.dropped:
        notes.append(
            f"{listed.source}: {listed.dropped:,} pairs have a photograph that is not among the crops"
        )
    if listed.contradictions:
        notes.append(
            f"{listed.source}: {listed.contradictions:,} photographs have another synthetic flag than in the "
            "shards; the list's holds"
        )
    return notes


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
    count = synthetic_pairs(pairs)
    if not facts.saw_synthetic or count >= FEWEST_SYNTHETIC:
        return []
    return [
        f"{count:,} of the validation pairs have a synthetic face, and it takes {FEWEST_SYNTHETIC} to show "
        "that the model tells these: without, no verdict of it calls a photograph bona fide; hold out more "
        "people with synthetic crops, with --set validation.share=0.3 or --validation-pairs"
    ]
