"""Faces that pictures and pages show: of each class the most certain mistakes first."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from align.crops.aligner import Rejection
from common.formats.crop_size import fit_crop
from infer.classification.ensemble import Ensemble
from infer.classification.faces import ClassifiedFaces
from infer.classification.score import faces_of
from infer.classification.source import UNLABELLED, ImagesToClassify

PER_CLASS = 20
MOST_PIXELS = 224  # both sides of a crop that is shown


@dataclass(frozen=True)
class ShownFaces:
    """K faces and their crops.

    Attributes:
        rows: (K,) int64, of the classified faces.
        crops: (K, S, S, 3) uint8 RGB.
    """

    rows: NDArray[np.int64]
    crops: NDArray[np.uint8] = field(repr=False)


def hardest_faces(faces: ClassifiedFaces, per_class: int = PER_CLASS) -> NDArray[np.int64]:
    """(K,) rows of the hardest faces, at most so many of each class, the hardest of all first.

    Of faces without a label twice as many, after the others.

    Hard is a low P(synthetic) for synthetic faces and a high one for all others; of equal ones the first
    comes first.
    """
    ease = np.where(faces.label == 1, faces.logit, -faces.logit)
    there = ~np.isnan(faces.logit)
    kept = []
    for label in (0, 1, UNLABELLED):
        rows = np.flatnonzero(there & (faces.label == label))
        most = 2 * per_class if label == UNLABELLED else per_class
        kept.append(rows[np.argsort(ease[rows], kind="stable")][:most])
    rows = np.concatenate(kept[:2])
    return np.concatenate([rows[np.argsort(ease[rows], kind="stable")], kept[2]])


def shown_faces(
    images: ImagesToClassify, faces: ClassifiedFaces, rows: NDArray[np.int64], ensemble: Ensemble
) -> ShownFaces:
    """The crops of some faces, at most 224 pixels wide: of `views_of`, and black for what it leaves out."""
    side = min(MOST_PIXELS, ensemble.members[0].crops.size)
    crops = np.zeros((len(rows), side, side, 3), np.uint8)
    for position, view in views_of(images, faces, rows, ensemble):
        crops[position] = fit_crop(view, side)
    return ShownFaces(rows, crops)


def views_of(
    images: ImagesToClassify, faces: ClassifiedFaces, rows: NDArray[np.int64], ensemble: Ensemble
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Positions in `rows`, and the crops of these faces as the first model of the ensemble takes them.

    Just their images are cut again, each once, in this process: meant for dozens of faces, not for thousands.
    Of clips it is the most synthetic frame, where its crop was kept.
    They come in any order; a face that is not found again, because its file has changed, is left out.
    """
    for position, row in enumerate(rows.tolist()):
        if row in faces.clips and (crops := faces.clips[row].crops) is not None:
            yield position, crops.view
    stills = [row for row in rows.tolist() if row not in faces.clips]
    wanted = list(dict.fromkeys(faces.image[stills].tolist()))
    for chunk in faces_of([images.images[image] for image in wanted], ensemble, workers=1):
        for place, outcome in chunk.items():
            if isinstance(outcome, Rejection):
                continue
            for position in np.flatnonzero(faces.image[rows] == wanted[place]).tolist():
                face = int(faces.face[rows[position]])
                if face < len(outcome):
                    yield position, outcome[face].views[ensemble.way_of[0]]
