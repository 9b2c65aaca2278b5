"""What is asked of a search."""

from dataclasses import dataclass
from typing import Annotated, Literal

from common.runtime.as_option import AsOption


@dataclass(frozen=True)
class SearchRequest:
    """How many candidates are wanted, how they are found, and in which form they are written."""

    rank: Annotated[int, AsOption("Candidates of each probe.", least=1, most=1000)] = 10
    exact: Annotated[
        bool, AsOption("Do without FAISS also where the gallery has more than 100,000 photographs.")
    ] = False
    table: Annotated[Literal["csv", "parquet"], AsOption("Of the table of candidates.", name="format")] = (
        "csv"
    )
    threshold: Annotated[
        float | None,
        AsOption("A match is a similarity from here on.", default="the model's own", least=-1, most=1),
    ] = None
