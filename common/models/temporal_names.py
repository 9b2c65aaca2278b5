"""What the frames of a face over time come to, by name."""

from enum import StrEnum

USUAL_STEPS = 16  # most frames of a sequence, where nothing else is said
MOST_STEPS = 256


class Temporal(StrEnum):
    """Ways from the frames of a track to its one logit."""

    MEAN = "mean"  # of the frames' logits
    TOPK = "topk"  # the mean of the highest quarter of them
    GRU = "gru"  # heads that are learnt on sequences, see `common.models.networks.heads_over_time`
    LSTM = "lstm"
    ATTENTION = "attention"

    @property
    def is_learnt(self) -> bool:
        """Whether it is a head of its own, learnt on sequences, and not a mean of what frames say alone."""
        return self not in (Temporal.MEAN, Temporal.TOPK)
