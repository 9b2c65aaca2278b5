"""Classified faces with score and verdict, for people to look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from infer.classification.faces import ClassifiedFaces
from infer.classification.shown import ShownFaces
from infer.classification.source import UNLABELLED
from infer.classification.verdict import FACE_VERDICTS, FaceVerdict
from infer.report.gallery import MOST_SHOWN, as_data_uri


@dataclass(frozen=True)
class FaceCard:
    """A face to look at.

    Attributes:
        name: of its image, with the number of the face where there are several.
        probability: P(synthetic).
        verdict: in words.
        is_right: None where there is no verdict, or the label is not known.
        pictures: data URIs: the crop, and its heat map where there is one.
    """

    name: str
    probability: float
    verdict: str
    is_right: bool | None
    pictures: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class FaceGallery:
    """The hardest faces of one class, the hardest first."""

    name: str
    style: str  # a colour of the palette
    cards: list[FaceCard]

    @property
    def wrong(self) -> int:
        """Cards with a wrong verdict."""
        return sum(card.is_right is False for card in self.cards)


def face_galleries(
    faces: ClassifiedFaces, shown: ShownFaces, heat: Mapping[int, NDArray[np.uint8]]
) -> list[FaceGallery]:
    """The faces whose crops the results hold, by class; of one without such faces there is none.

    `heat` has the pictures of heat maps, (S, S, 3) RGB, by the row of the face.
    """
    found = []
    for label, name, style in (
        (1, "synthetic", "synthetic"),
        (0, "bona fide", "same_person"),
        (UNLABELLED, "unlabelled", "all"),
    ):
        places = [place for place, row in enumerate(shown.rows.tolist()) if faces.label[row] == label]
        cards = [_card_at(faces, shown, place, heat) for place in places[:MOST_SHOWN]]
        if cards:
            found.append(FaceGallery(name, style, cards))
    return found


def _card_at(
    faces: ClassifiedFaces, shown: ShownFaces, place: int, heat: Mapping[int, NDArray[np.uint8]]
) -> FaceCard:
    row = int(shown.rows[place])
    verdict, label, number = (
        FACE_VERDICTS[faces.verdict_codes[row]],
        int(faces.label[row]),
        int(faces.face[row]),
    )
    right = None
    if label != UNLABELLED and verdict in (FaceVerdict.BONA_FIDE, FaceVerdict.SYNTHETIC):
        right = (verdict is FaceVerdict.SYNTHETIC) == bool(label)
    pictures = [shown.crops[place], *([heat[row]] if row in heat else [])]
    return FaceCard(
        faces.path[row] + (f" · face {number}" if number > 0 else ""),
        float(faces.probability[row]),
        verdict.value.replace("_", " "),
        right,
        tuple(map(as_data_uri, pictures)),
    )
