import pytest

from common.models.training_facts import SyntheticTraining, ValidationFacts

ENOUGH = ValidationFacts(people=20, genuine=100, impostors=300, eer_low=0.02, eer_high=0.1)


def test_enough_leaves_no_doubt() -> None:
    assert ENOUGH.doubts() is None
    assert ENOUGH.model_copy(update={"eer_low": None, "eer_high": None}).doubts() is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"people": 19}, "only 19 people (20 people are the least)"),
        ({"genuine": 99}, "only 99 genuine pairs (100 genuine pairs are the least)"),
        (
            {"people": 2, "genuine": 90, "impostors": 100},
            "only 2 people, 90 genuine pairs and 100 impostor pairs (20 people, 100 genuine pairs and 300 "
            "impostor pairs are the least)",
        ),
        (
            {"eer_low": 0.0, "eer_high": 0.06},
            "the EER lies anywhere between 0.0000 and 0.0600, with 95 % confidence",
        ),
        (
            {"eer_low": 0.01, "eer_high": 0.4},
            "the EER lies anywhere between 0.0100 and 0.4000, with 95 % confidence",
        ),
    ],
)
def test_too_little_is_told_with_what_would_be_enough(change: dict[str, float], told: str) -> None:
    assert ENOUGH.model_copy(update=change).doubts() == told


def test_a_small_eer_that_is_known_well_is_not_doubted() -> None:
    assert ENOUGH.model_copy(update={"eer_low": 0.0, "eer_high": 0.05}).doubts() is None


def test_what_weights_saw_before_counts_too() -> None:
    earlier = SyntheticTraining(crops=40, methods=("swap",), eer=0.1, pairs=9)
    plain = SyntheticTraining(crops=0, eer=0.2, pairs=7)
    assert not plain.saw_synthetic
    assert plain.after(earlier) == SyntheticTraining(crops=40, methods=("swap",), eer=0.2, pairs=7)
    forged = SyntheticTraining(crops=3, methods=("self-blend", "swap"), eer=0.2, pairs=7)
    assert forged.after(earlier) == SyntheticTraining(
        crops=3, methods=("swap", "self-blend"), eer=0.2, pairs=7
    )
