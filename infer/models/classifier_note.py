"""The threshold of a classifier that was chosen for an error rate, as it is noted beside its file."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from common.metrics.threshold_at_fmr import impostors_to_trust
from common.models.classifier_checkpoint import OperatingPoint, Probability
from common.models.crop_settings import CropSettings
from infer.models.text import Text

FEWEST_FACES = 100  # of each class; on fewer a rate says next to nothing
HIGHEST_OTHER = 0.5  # a threshold that fails so often on the other class is hardly one that is wanted
OTHER = {"bpcer": "synthetic", "apcer": "bona fide"}  # the class that the rate which was asked is not of


class ClassifierNote(BaseModel):
    """A threshold of P(synthetic), and the error rates that it was chosen by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["bpcer", "apcer"]  # the rate that was asked
    asked: float = Field(gt=0, lt=1)
    threshold: Probability  # a face is synthetic from here on
    undecided: tuple[Probability, Probability]  # as in `OperatingPoint`
    apcer: float = Field(ge=0, le=1)  # of the faces it was chosen on
    bpcer: float = Field(ge=0, le=1)
    bona_fide: int = Field(ge=0)  # faces
    synthetic: int = Field(ge=0)
    faces: Text  # name of what it was chosen on
    crops: CropSettings | None = None  # how its photographs were cropped; None: they were crops, or not known

    @property
    def other_rate(self) -> float:
        """The share of errors on the class that the rate which was asked is not of."""
        return self.apcer if self.kind == "bpcer" else self.bpcer

    def doubts(self) -> str:
        """Why it is not to be relied on, in words; empty where nothing speaks against it."""
        counts = {"bpcer": self.bona_fide, "apcer": self.synthetic}
        words = {"bpcer": "bona fide", "apcer": "synthetic"}
        least = dict.fromkeys(counts, FEWEST_FACES)
        least[self.kind] = max(FEWEST_FACES, impostors_to_trust(self.asked))
        few = [kind for kind, count in counts.items() if count < least[kind]]
        have = " and ".join(f"{counts[kind]:,} {words[kind]}" for kind in few)
        wanted = " and ".join(f"{least[kind]:,}" for kind in few)
        found = [f"only {have} faces ({wanted} are the least)"] if few else []
        if self.other_rate > HIGHEST_OTHER:
            found.append(
                f"it fails on {self.other_rate:.1%} of the {OTHER[self.kind]} faces it was chosen on"
            )
        return "; ".join(found)

    def applied_to(self, own: OperatingPoint) -> OperatingPoint:
        """The operating point of the classifier with this threshold and band; its temperature stays."""
        doubt = self.doubts()
        told = f"chosen for {self.kind.upper()} {self.asked:g} on {self.faces}"
        return OperatingPoint(
            temperature=own.temperature,
            threshold=self.threshold,
            threshold_from=f"{told}; not to be relied on: {doubt}" if doubt else told,
            undecided=self.undecided,
        )
