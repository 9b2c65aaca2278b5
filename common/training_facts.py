"""What a training has seen of synthetic faces, and what its validation figures rest on."""

from pydantic import BaseModel, ConfigDict, Field


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


class ValidationFacts(BaseModel):
    """How many people and pairs a validation EER and its threshold come from, and how sure that EER is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    people: int = Field(ge=0)
    genuine: int = Field(ge=0)  # pairs
    impostors: int = Field(ge=0)  # pairs, synthetic ones among them
    eer_low: float | None = None  # the ends of the 95 % interval, resampled by identity
    eer_high: float | None = None
