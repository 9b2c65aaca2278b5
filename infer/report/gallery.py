"""Pairs with their faces, scores and verdicts, for people to look at."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from common.formats.pair_category import PairCategory
from infer.output.results import Results
from infer.score import Verdict

SIDE = 112  # pixels of a crop in the page, at the most
QUALITY = 85  # of JPEG
MOST_SHOWN = 12  # pairs of a category


@dataclass(frozen=True)
class PairCard:
    """A pair to look at.

    Attributes:
        pair_id, names: of the pair and of its two images.
        similarity: in [-1, 1].
        verdict: at the results' threshold; None without one.
        is_right: None where there is no verdict on a comparison, or it is not known what the pair shows.
        faces: two data URIs, or none.
    """

    pair_id: str
    names: tuple[str, str]
    similarity: float
    verdict: Verdict | None
    is_right: bool | None
    faces: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class Gallery:
    """The hardest pairs of a category, the hardest first; None for unlabelled pairs."""

    category: PairCategory | None
    cards: list[PairCard]

    @property
    def wrong(self) -> int:
        """Cards with a wrong verdict."""
        return sum(card.is_right is False for card in self.cards)


def galleries(results: Results) -> list[Gallery]:
    """The pairs whose crops the results hold, by category; of one without such pairs there is none."""
    found = []
    for category in (*PairCategory, None):
        places = [
            place
            for place, row in enumerate(results.hard.rows.tolist())
            if _category(results, row) is category and not np.isnan(results.similarity[row])
        ]
        if places:
            found.append(Gallery(category, [_card_at(results, place) for place in places[:MOST_SHOWN]]))
    return found


def card_of(results: Results, row: int, faces: Sequence[str] = ()) -> PairCard:
    """A pair with these faces."""
    verdict, category = results.verdict_on(row), _category(results, row)
    judged = category is not None and verdict is not None and verdict.is_compared
    first, second = results.members[row].tolist()
    return PairCard(
        results.ids[row],
        (results.image_names[first], results.image_names[second]),
        float(results.similarity[row]),
        verdict,
        (verdict is Verdict.MATCH) == category.is_genuine if category and judged else None,
        tuple(faces),
    )


def faces_at(results: Results, place: int) -> tuple[str, str]:
    """Both crops of a hard pair as data URIs; `place` is the position in `results.hard`."""
    first, second = results.hard.crops[place]
    return as_data_uri(first), as_data_uri(second)


def _card_at(results: Results, place: int) -> PairCard:
    return card_of(results, int(results.hard.rows[place]), faces_at(results, place))


def _category(results: Results, row: int) -> PairCategory | None:
    code = int(results.categories[row])
    return list(PairCategory)[code] if code >= 0 else None


def as_data_uri(crop: NDArray[np.uint8]) -> str:
    """A (S, S, 3) RGB crop as JPEG, no larger than it is shown."""
    if len(crop) > 2 * SIDE:  # fine screens have two pixels for one
        crop = np.asarray(cv2.resize(crop, (2 * SIDE, 2 * SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    coded = simplejpeg.encode_jpeg(np.ascontiguousarray(crop), QUALITY, colorsubsampling="420")
    return "data:image/jpeg;base64," + base64.b64encode(coded).decode()
