"""Options of reading photographs for a classifier, where a command takes pairs for an encoder too."""

from dataclasses import dataclass
from typing import Annotated

from align.sources.layouts import LayoutName
from align.sources.reading import Reading, parse_columns
from align.sources.selection import Selection
from common.formats.labels.kinds import Positive
from common.runtime.as_option import AsOption
from common.runtime.errors import ParameterError
from infer.classification.request import ClassifyRequest
from infer.pair_sets.request import PairRequest


@dataclass(frozen=True)
class FacesRead:
    """How labelled photographs for a classifier are read."""

    layout: Annotated[
        LayoutName | None, AsOption("How the photographs lie.", default="what the folder shows")
    ] = None
    positive: Annotated[
        Positive | None,
        AsOption("What 1 means in a column of labels: real or synthetic.", default="what its name says"),
    ] = None

    def request(self, wanted: PairRequest) -> ClassifyRequest:
        """With what is told of lists and folders in general. Raises UserError as `parse_columns`."""
        if wanted.per_kind is not None:
            raise ParameterError(
                "{pairs_per_kind} is about pairs, which a classifier has none of; leave it out"
            )
        return ClassifyRequest(
            layout=self.layout,
            reading=Reading(
                columns=parse_columns([wanted.columns] if wanted.columns else []),
                positive=self.positive,
                allow_unlabelled=wanted.allow_unlabelled,
            ),
            selection=Selection(follow_links=wanted.follow_links),
            allow_missing=wanted.allow_missing,
        )


FACES_AS_FOUND = FacesRead()
