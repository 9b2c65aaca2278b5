"""The three kinds of pair that every error table distinguishes."""

from enum import StrEnum


class PairCategory(StrEnum):
    """What a pair of photographs shows; the value is the key used in JSON and tables."""

    SAME_PERSON = "same_person"  # genuine: one person, both photographs bona fide
    DIFFERENT_PERSON = "different_person"  # impostor: two people, both photographs bona fide
    SYNTHETIC = "synthetic"  # at least one of the two faces is synthetic

    @property
    def is_genuine(self) -> bool:
        """Whether the right verdict for this category is `match`."""
        return self is PairCategory.SAME_PERSON

    @property
    def display_name(self) -> str:
        """The name for people: `same-person`."""
        return self.value.replace("_", "-")

    @property
    def code(self) -> int:
        """Its number in arrays of categories: the position in this list, 0 to 2."""
        return list(PairCategory).index(self)


def category_of(label: int, synthetic0: int, synthetic1: int) -> PairCategory:
    """The category of a labelled pair: `label` 1 for one person, flags 1 for a synthetic face."""
    if synthetic0 or synthetic1:
        return PairCategory.SYNTHETIC
    return PairCategory.SAME_PERSON if label else PairCategory.DIFFERENT_PERSON
