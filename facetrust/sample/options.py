"""Size and seed of a sample."""

from dataclasses import dataclass
from typing import Annotated

from common.runtime.as_option import AsOption


@dataclass(frozen=True)
class SampleOptions:
    """Who is photographed how often; people of the test pairs are seen only there."""

    identities: Annotated[int, AsOption("People to train on.", least=2)] = 400
    photos: Annotated[int, AsOption("Bona fide photographs of each.", least=2)] = 4
    synthetic: Annotated[int, AsOption("Synthetic photographs of each.", least=0)] = 2
    test_identities: Annotated[int, AsOption("Other people, for the test pairs.", least=2)] = 60
    pairs: Annotated[int, AsOption("Test pairs, a third per category.", least=3)] = 240
    seed: Annotated[int, AsOption("The same seed gives the same photographs.", least=0)] = 0


@dataclass(frozen=True)
class ClipOptions:
    """How many clips are rendered; people of the clips are seen on no photograph of a sample."""

    clips: int
    seed: int = 0
