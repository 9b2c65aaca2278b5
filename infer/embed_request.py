"""What is asked of a source to embed, and of the file of its embeddings."""

from dataclasses import dataclass
from typing import Annotated

from align.sources.reading import AllowUnlabelled
from align.sources.selection import FollowLinks
from common.runtime.as_option import AllowMissing, AsOption


@dataclass(frozen=True)
class EmbedRequest:
    """How a source is read, and whether the embeddings of another model give way."""

    follow_links: FollowLinks = False
    allow_missing: AllowMissing = False
    allow_unlabelled: AllowUnlabelled = False
    overwrite: Annotated[bool, AsOption("Also replace a file with the embeddings of another model.")] = False


AS_IT_IS = EmbedRequest()
