"""What a training has seen of synthetic faces, and what its validation figures rest on."""

import hashlib
from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

# the least that an EER and a threshold are taken from without a warning. By the rule of three an error that
# never showed in n pairs has a rate of up to 3 / n: 3 % of the genuine pairs, 1 % of the impostors
FEWEST_PEOPLE = 20
FEWEST_GENUINE, FEWEST_IMPOSTORS = 100, 300  # pairs
FEWEST_SYNTHETIC = 100  # pairs; on fewer it is not shown how well an encoder tells synthetic faces
MOST_DIGESTS = (
    64  # of crops with pseudo-labels: a set that has a twentieth of them very likely has one of these
)
FAR_UP = 0.05  # an interval that reaches beyond it from a tenth of its upper end or less says next to nothing


class SyntheticTraining(BaseModel):
    """What an encoder was trained against, so that nobody takes its score to speak of more than that."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    crops: int = Field(ge=0)  # synthetic crops among those trained on; 0 and no methods: it never saw any
    methods: tuple[str, ...] = ()  # of facetrust's own forging, in shards or on the fly
    eer: float | None = None  # of genuine against synthetic validation pairs; None where there were none
    pairs: int = Field(0, ge=0)  # synthetic ones among the validation pairs

    @property
    def saw_synthetic(self) -> bool:
        """Whether any synthetic face took part in the training."""
        return self.crops > 0 or bool(self.methods)

    def after(self, earlier: "SyntheticTraining") -> Self:
        """This training of weights that had `earlier` behind them: what either of the two saw."""
        methods = tuple(dict.fromkeys((*earlier.methods, *self.methods)))
        return self.model_copy(update={"crops": self.crops or earlier.crops, "methods": methods})


class PseudoTraining(BaseModel):
    """The crops that a classifier was trained on by guesses of other models, in the place of labels.

    Its figures on these very crops are too good: what it is asked for there it was taught.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    crops: int = Field(ge=0)
    synthetic: int = Field(ge=0)  # of them, by the guess
    digests: tuple[str, ...] = Field(max_length=MOST_DIGESTS)  # the least of those of their pixels, ascending

    def after(self, earlier: "PseudoTraining") -> Self:
        """This training of weights that had `earlier` behind them; a crop that both saw counts twice."""
        return self.model_copy(
            update={
                "crops": self.crops + earlier.crops,
                "synthetic": self.synthetic + earlier.synthetic,
                "digests": least_digests((*self.digests, *earlier.digests)),
            }
        )


def least_digests(digests: Iterable[str]) -> tuple[str, ...]:
    """The `MOST_DIGESTS` least of some, ascending: a sample by which crops are found in another set."""
    return tuple(sorted(set(digests))[:MOST_DIGESTS])


def pixel_digest(crop: NDArray[np.uint8]) -> str:
    """16 hexadecimal digits, equal for crops of equal size and pixels, of (S, S, 3) RGB."""
    return hashlib.sha256(f"{crop.shape}".encode() + np.ascontiguousarray(crop).tobytes()).hexdigest()[:16]


class ValidationFacts(BaseModel):
    """How many people and pairs a validation EER and its threshold come from, and how sure that EER is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    people: int = Field(ge=0)
    genuine: int = Field(ge=0)  # pairs
    impostors: int = Field(ge=0)  # pairs, synthetic ones among them
    eer_low: float | None = None  # the ends of the 95 % interval, resampled by identity; None: not known
    eer_high: float | None = None

    def doubts(self) -> str | None:
        """Why the EER and its threshold are not to be relied on, in words; None where they rest on enough.

        Such as `only 2 people and 45 genuine pairs (20 people and 100 genuine pairs are the least)`.
        """
        counts = [
            (self.people, FEWEST_PEOPLE, "people"),
            (self.genuine, FEWEST_GENUINE, "genuine pairs"),
            (self.impostors, FEWEST_IMPOSTORS, "impostor pairs"),
        ]
        few = [(found, least, what) for found, least, what in counts if found < least]
        if few:
            have = _and(f"{found:,} {what}" for found, _, what in few)
            return f"only {have} ({_and(f'{least:,} {what}' for _, least, what in few)} are the least)"
        low, high = self.eer_low, self.eer_high
        if low is not None and high is not None and high > FAR_UP and low <= high / 10:
            return f"the EER lies anywhere between {low:.4f} and {high:.4f}, with 95 % confidence"
        return None


def _and(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
