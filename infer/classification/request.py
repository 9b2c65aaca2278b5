"""What is asked of a source to classify, of its clips, and of the table of its verdicts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from align.sources.layouts import LayoutName
from align.sources.reading import AS_FOUND, Reading
from align.sources.selection import EVERYTHING, Selection
from align.tracks.options import USUAL_FRAMES, ClipOptions
from common.models.temporal_names import Temporal
from common.runtime.as_option import AllowMissing, AsOption, Panel

MOST_EXPLAINED = 200  # faces: each is a picture to be looked at


class FaceTableFormat(StrEnum):
    """Forms of the table of verdicts."""

    CSV = "csv"  # path,face,score,verdict,reason[,label]
    PARQUET = "parquet"  # the same columns
    PREDICTION = "prediction"  # filename,pred,value as CSV: pred is 1 for synthetic, value is P(synthetic)
    SUBMISSION = "submission"  # Id,target_feature as CSV, ascending: what challenges take

    @property
    def suffix(self) -> str:
        """The suffix of its files."""
        return ".parquet" if self is FaceTableFormat.PARQUET else ".csv"

    @property
    def is_of_photographs(self) -> bool:
        """Whether it has one row for each photograph, whatever faces it shows."""
        return self in (FaceTableFormat.PREDICTION, FaceTableFormat.SUBMISSION)


@dataclass(frozen=True)
class ClassifyRequest:
    """How a source is read."""

    layout: Annotated[
        LayoutName | None, AsOption("How the photographs lie.", default="what the folder shows")
    ] = None
    reading: Annotated[Reading, Panel("The labels of photographs")] = AS_FOUND
    selection: Annotated[Selection, Panel("Which photographs")] = EVERYTHING
    allow_missing: AllowMissing = False


@dataclass(frozen=True)
class ClipRequest:
    """Which frames of clips are looked at, and what they come to."""

    options: Annotated[ClipOptions, Panel("Clips")] = USUAL_FRAMES
    temporal: Annotated[
        Temporal | None,
        AsOption(
            "Score of a face over time: mean of the logits of its frames, topk, of their highest quarter, "
            "which both see each frame alone, or gru, lstm, attention, a head that the model has learnt on "
            "clips.",
            "Clips",
            default="what the model was trained for",
        ),
    ] = None


AS_IT_IS, CLIPS_AS_USUAL = ClassifyRequest(), ClipRequest()
